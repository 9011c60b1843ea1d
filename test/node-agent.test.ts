import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type ConnectionOptions, connect, type TLSSocket } from "node:tls";
import {
  type HaproxyError,
  type ManyOutcome,
  type NodeAgentOptions,
  openSession,
  type PushRequest,
  parseNode,
  push,
  pushMany,
  readIssuers,
} from "@certwright/haproxy";
import { startHaproxy, verifyUnits, withTempDir } from "@certwright/tools/servers";
import { createTestCa } from "@certwright/tools/test-ca";
import { describe, expect, test } from "vitest";
import { ca, contentOf, expectNothingOpen, pemOf, served, watching } from "./haproxy-fixture.ts";
import {
  clientFiles,
  config,
  credentials,
  files,
  inner,
  other,
  site,
  startAgent,
  targetOf,
} from "./node-agent-fixture.ts";
import { startProxy } from "./socket-proxy.ts";

describe.each(["3.2", "2.6"] as const)("HAProxy %s", (version) => {
  test("a push through the agent is live, on disk and verified, in the same process", async () => {
    await using haproxy = await startHaproxy({ version, config, files });
    await using agent = await startAgent(haproxy);
    const pid = await haproxy.workerPid();
    const renewed = ca.issue({ names: ["site.test"] });
    const context = watching();
    const done = await push(parseNode(agent.target), { pem: pemOf(renewed) }, context);
    expect(done).toMatchObject({
      node: `agent://${agent.address}`,
      name: `${haproxy.dir}/site.pem`,
      action: "updated",
      served: true,
      pid,
      files: [`${haproxy.dir}/site.pem`],
    });
    expect(context.events.map(({ type }) => type)).toEqual(["written", "committed", "verified"]);
    expect(await served(haproxy.ports.site, "site.test")).toBe(renewed.fingerprint256);
    expect(await served(haproxy.ports.site, "other.example")).toBe(other.fingerprint256);
    expect(await contentOf(`${haproxy.dir}/site.pem`)).toBe(renewed.pem);
    expect(await haproxy.workerPid()).toBe(pid);
    await expectNothingOpen(haproxy);
    const again = await push(parseNode(agent.target), { pem: pemOf(renewed) }, watching());
    expect(again.action).toBe("unchanged");
    expect(agent.events).toEqual([
      expect.objectContaining({
        type: "deploy.finished",
        detail: expect.stringMatching(/brought by deployer\.test at 127/),
      }),
      expect.objectContaining({ type: "deploy.finished", action: "unchanged" }),
    ]);
    expect(site.pem).not.toBe(renewed.pem);
  });
});

test("a client brings what is allowed to where it is allowed, and no more", async () => {
  await using haproxy = await startHaproxy({ version: "3.2", config, files });
  const { dir, adminSocket } = haproxy;
  let questions = "";
  await using _proxy = await startProxy(adminSocket, `${dir}/p.sock`, () => ({
    fromClient: (chunk) => {
      questions += chunk;
      return { pass: chunk };
    },
  }));
  await using agent = await startAgent(haproxy, {
    node: parseNode(`${dir}/p.sock`) as NodeAgentOptions["node"],
    allow: {
      names: ["site.test", "*.site.test", "new.test"],
      lists: [`${dir}/certs/list.txt`],
      issuers: readIssuers(ca.rootPem),
    },
  });
  const before = await haproxy.command("show ssl cert");
  const forSite = pemOf(ca.issue({ names: ["site.test"] }));
  const forNew = pemOf(ca.issue({ names: ["new.test"] }));
  const list = `${dir}/certs/list.txt`;
  const refusals: readonly (readonly [PushRequest, string])[] = [
    [{ pem: pemOf(ca.issue({ names: ["other.example"] })) }, "HAPROXY_AGENT_NAMES"],
    [{ pem: pemOf(ca.issue({ names: ["site.test", "other.example"] })) }, "HAPROXY_AGENT_NAMES"],
    [{ pem: pemOf(ca.issue({ names: ["a.b.site.test"] })) }, "HAPROXY_AGENT_NAMES"],
    [{ pem: pemOf(inner.issue({ names: ["site.test"] })) }, "HAPROXY_AGENT_ISSUER"],
    [{ pem: forSite, certificate: `${dir}/other.pem` }, "HAPROXY_AGENT_PLACE"],
    [{ pem: forNew, add: { list: `${dir}/site.pem` } }, "HAPROXY_AGENT_PLACE"],
    [
      { pem: forNew, certificate: `${dir}/certs/new.pem`, add: { list: `${dir}/certs/private.txt` } },
      "HAPROXY_AGENT_PLACE",
    ],
    // New files go beside the list, and over none that is there.
    [{ pem: forNew, certificate: `${dir}/elsewhere/new.pem`, add: { list } }, "HAPROXY_AGENT_PLACE"],
    [{ pem: forNew, certificate: `${dir}/certs/../new.pem`, add: { list } }, "HAPROXY_AGENT_PLACE"],
    [{ pem: forNew, add: { list, as: "ca.pem" } }, "HAPROXY_AGENT_PLACE"],
    [{ pem: forNew, add: { list, as: "new.pem.key" } }, "HAPROXY_AGENT_REQUEST"],
    [{ pem: pemOf(ca.issue({ names: ["www.site.test"] })), certificate: `${dir}/site.pem` }, "HAPROXY_NAMES_LOST"],
    [{ pem: { ...forSite, chain: forNew.chain } }, "HAPROXY_KEY_MISMATCH"],
    // What the agent alone says is not even asked.
    [{ pem: forSite, disk: false }, "HAPROXY_AGENT_DECIDES"],
    [{ pem: forSite, disk: { file: "/etc/passwd" } }, "HAPROXY_AGENT_DECIDES"],
    [{ pem: forSite, allowFewerNames: true }, "HAPROXY_AGENT_DECIDES"],
    [{ pem: forNew, add: { list, options: "verify none" } }, "HAPROXY_AGENT_DECIDES"],
  ];
  const outcomes: (readonly [string, string])[] = [];
  for (const [request, code] of refusals) {
    const error = await push(parseNode(agent.target), request, watching()).catch((cause: HaproxyError) => cause);
    expect(error).toMatchObject({ code, hint: expect.any(String) });
    outcomes.push([code, `${(error as HaproxyError).message} ${(error as HaproxyError).hint}`]);
  }
  expect(await haproxy.command("show ssl cert")).toBe(before);
  expect(questions).not.toMatch(/^(set|new|commit|add) ssl (cert|crt-list) (?!certwright\.lock)/m);
  for (const [path, content] of [
    ["site.pem", site.pem],
    ["other.pem", other.pem],
    ["certs/ca.pem", ca.rootPem],
  ] as const)
    expect(await contentOf(`${dir}/${path}`)).toBe(content);
  expect(JSON.stringify([outcomes, agent.events])).not.toContain("PRIVATE");
  // Each is told on the node, too, but for those that never left.
  const told = agent.events
    .filter(({ type }) => type === "deploy.failed" || type === "warning")
    .map((each) => "code" in each && each.code);
  expect(told).toEqual(outcomes.map(([code]) => code).filter((code) => !/DECIDES|MISMATCH|REQUEST/.test(code)));
});

test("a new certificate is attached to a list the agent may add to, and found again", async () => {
  await using haproxy = await startHaproxy({ version: "3.2", config, files });
  const list = `${haproxy.dir}/certs/list.txt`;
  await using agent = await startAgent(haproxy, { allow: { names: ["*.site.test"], lists: [list] } });
  for (const action of ["added", "updated"]) {
    const renewed = ca.issue({ names: ["*.site.test"] });
    const request = { pem: pemOf(renewed), add: { list, as: "_.site.test.pem" } };
    const done = await push(parseNode(agent.target), request, watching());
    expect(done).toMatchObject({ action, name: `${haproxy.dir}/certs/_.site.test.pem`, served: true });
    expect(await served(haproxy.ports.listed, "www.site.test")).toBe(renewed.fingerprint256);
    expect(await contentOf(`${haproxy.dir}/certs/_.site.test.pem`)).toBe(renewed.pem);
  }
  expect(await contentOf(list)).toBe(`${haproxy.dir}/site.pem\n${haproxy.dir}/certs/_.site.test.pem\n`);
});

test("handshakes: from here as the target says, and by the agent, which puts the former back", async () => {
  const strict = config.replace(
    "ssl crt <dir>/site.pem",
    "ssl ssl-max-ver TLSv1.2 ciphers ECDHE-ECDSA-AES128-GCM-SHA256 crt <dir>/site.pem",
  );
  await using haproxy = await startHaproxy({ version: "3.2", config: strict, files });
  const point = { host: "127.0.0.1", port: haproxy.ports.site ?? 0 };
  await using agent = await startAgent(haproxy);
  const renewed = ca.issue({ names: ["site.test"] });
  const context = watching();
  const handshake = [{ ...point, sni: "site.test" }];
  await push(parseNode(agent.target), { pem: pemOf(renewed), verify: { handshake } }, context);
  expect(context.events.map(({ type }) => type)).toEqual(["written", "committed", "verified", "handshake"]);
  const elsewhere = [{ ...point, sni: "other.example" }];
  const mistaken = { pem: pemOf(renewed), verify: { handshake: elsewhere } };
  await expect(push(parseNode(agent.target), mistaken, watching())).rejects.toMatchObject({
    code: "HAPROXY_NOT_SERVED",
  });

  await using watchful = await startAgent(haproxy, { check: [point] });
  const again = watching();
  const next = ca.issue({ names: ["site.test"] });
  await push(parseNode(watchful.target), { pem: pemOf(next) }, again);
  expect(again.events.map(({ type }) => type)).toEqual(["written", "committed", "verified", "handshake"]);
  // One that clients there cannot use.
  const unusable = { pem: pemOf(ca.issue({ names: ["site.test"], keyType: "rsa" })) };
  await expect(push(parseNode(watchful.target), unusable, watching())).rejects.toMatchObject({
    code: "HAPROXY_HANDSHAKE_FAILED",
    hint: expect.stringContaining("The former certificate is back in its place."),
  });
  expect(await served(haproxy.ports.site, "site.test")).toBe(next.fingerprint256);
  expect(await contentOf(`${haproxy.dir}/site.pem`)).toBe(next.pem);
});

describe("who gets in", () => {
  const stranger = createTestCa("Inner").issue({ names: ["deployer.test"] });
  const colleague = inner.issue({ names: ["colleague.test"] });
  const late = inner.issue({ names: ["deployer.test"], notAfter: new Date(Date.now() - 1_000) });

  test("nobody without a certificate of the CA and one of the names", async () => {
    await using haproxy = await startHaproxy({ version: "3.2", config, files });
    await using agent = await startAgent(haproxy);
    const request = { pem: pemOf(ca.issue({ names: ["site.test"] })) };
    for (const [who, code] of [
      [stranger, "HAPROXY_TLS"],
      [late, "HAPROXY_TLS"],
      [colleague, "HAPROXY_AGENT_CLIENT"],
    ] as const) {
      const pushed = push(parseNode(await targetOf(agent.address, haproxy.dir, who)), request, watching());
      await expect(pushed).rejects.toMatchObject({ code, hint: expect.any(String) });
    }
    for (const options of [
      {},
      { ...clientFiles, maxVersion: "TLSv1.2" as const },
      { ...clientFiles, ALPNProtocols: ["h2"] },
      { ...clientFiles, ALPNProtocols: [] },
    ]) {
      expect(await talk(agent.address, { ...options, said: '{"op":"look"}\n' })).toMatchObject({ heard: "" });
    }
    // An agent that is another's is found out by us.
    const other = parseNode(`${agent.target}&servername=lb2.test`);
    await expect(push(other, request, watching())).rejects.toMatchObject({ code: "HAPROXY_TLS" });
    expect(await served(haproxy.ports.site, "site.test")).toBe(site.fingerprint256);
    const told = agent.events.flatMap((each) => (each.type === "warning" ? each.code : []));
    expect(new Set(told)).toEqual(new Set(["HAPROXY_AGENT_CLIENT"]));
  });

  test("anybody of the CA where no names are given; none of those revoked, nor after the CA was changed", async () => {
    await using haproxy = await startHaproxy({ version: "3.2", config, files });
    await using agent = await startAgent(haproxy, { clients: [] });
    const target = parseNode(await targetOf(agent.address, haproxy.dir, colleague));
    const request = () => ({ pem: pemOf(ca.issue({ names: ["site.test"] })) });
    expect(await push(target, request(), watching())).toMatchObject({ action: "updated" });
    agent.renew({ ...credentials, crl: inner.revoke([colleague]) });
    await expect(push(target, request(), watching())).rejects.toMatchObject({ code: "HAPROXY_TLS" });
    expect(await push(parseNode(agent.target), request(), watching())).toMatchObject({ action: "updated" });
    expect(() => agent.renew({ ...credentials, crl: inner.rootPem })).toThrow("no list");
    agent.renew({ ...credentials, ca: createTestCa("Next").rootPem });
    await expect(push(parseNode(agent.target), request(), watching())).rejects.toMatchObject({ code: "HAPROXY_TLS" });
  });

  test("what is no node agent is told so", async () => {
    await using haproxy = await startHaproxy({ version: "3.2", config, files });
    await using agent = await startAgent(haproxy);
    const address = agent.target.replace(agent.address, `127.0.0.1:${haproxy.ports.site}`);
    const request = { pem: pemOf(ca.issue({ names: ["site.test"] })) };
    await expect(push(parseNode(address), request, watching())).rejects.toMatchObject({ code: "HAPROXY_TLS" });
    await expect(openSession(parseNode(agent.target), watching())).rejects.toMatchObject({
      code: "HAPROXY_AGENT_ONLY",
    });
  });
});

describe("what comes in is hostile until it was read", () => {
  test("what is no request ends the conversation, with a code", async () => {
    await using haproxy = await startHaproxy({ version: "3.2", config, files });
    await using agent = await startAgent(haproxy, { clientLimits: { slowest: 200 } });
    const leaf = site.leafPem;
    for (const said of [
      "show ssl cert\n",
      "GET / HTTP/1.1\r\nHost: agent\r\n\r\n",
      "\n",
      "\u0000\u0001\u0002\n",
      `${JSON.stringify({ op: "run", id: 1, command: "show info" })}\n`,
      `${JSON.stringify({ op: "look", id: 1, leaf, extra: true })}\n`,
      `${"[".repeat(200_000)}\n`,
      "x".repeat(300_000),
      `{"op":"put","id":1,"chain":"`,
    ]) {
      const { heard } = await talk(agent.address, { ...clientFiles, said });
      const [hello, refused, ...more] = heard
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line));
      expect(hello).toEqual({ say: "hello" });
      expect(refused).toMatchObject({ say: "refused", error: { code: "HAPROXY_AGENT_REQUEST" } });
      expect(more).toEqual([]);
    }
    const done = await push(parseNode(agent.target), { pem: pemOf(ca.issue({ names: ["site.test"] })) }, watching());
    expect(done.action).toBe("updated");
  });

  test("who says nothing, or reads nothing, is let go", async () => {
    await using haproxy = await startHaproxy({ version: "3.2", config, files });
    await using agent = await startAgent(haproxy, { clientLimits: { idle: 100 } });
    expect(await talk(agent.address, { ...clientFiles, said: "" })).toEqual({ heard: '{"say":"hello"}\n' });
    // Far more questions than may wait, from one who hears no answer.
    const question = (id: number) => `${JSON.stringify({ op: "look", id, leaf: site.leafPem })}\n`;
    const deaf = await talk(agent.address, {
      ...clientFiles,
      said: Array.from({ length: 1_200 }, (_, id) => question(id)).join(""),
      deaf: true,
    });
    expect(deaf.heard).toBe("");
    expect(await push(parseNode(agent.target), { pem: pemOf(site) }, watching())).toMatchObject({
      action: "unchanged",
    });
  });

  test("clients beyond a number are told to come later", async () => {
    await using haproxy = await startHaproxy({ version: "3.2", config, files });
    await using agent = await startAgent(haproxy);
    const request = { pem: pemOf(site) };
    const others = await Promise.all(Array.from({ length: 32 }, () => connectTo(agent.address)));
    await expect(push(parseNode(agent.target), request, watching())).rejects.toMatchObject({
      code: "HAPROXY_AGENT_BUSY",
      retryable: true,
    });
    for (const socket of others) socket.destroy();
    const again = () =>
      push(parseNode(agent.target), request, watching()).then(
        ({ action }) => action,
        () => {},
      );
    await expect.poll(again, { timeout: 5_000 }).toBe("unchanged");
  });

  test("many at a time are no way around the allow-list", async () => {
    await using haproxy = await startHaproxy({ version: "3.2", config, files });
    const { dir } = haproxy;
    await using agent = await startAgent(haproxy, { allow: { names: ["*"], certificates: [`${dir}/site.pem`] } });
    const renewed = ca.issue({ names: ["site.test"] });
    const hers = pemOf(ca.issue({ names: ["other.example"] }));
    const codes: unknown[] = [];
    const requests = [
      // The first is alone, and holds the others up until they are many.
      { pem: pemOf(renewed) },
      { pem: hers, certificate: `${dir}/other.pem` },
      { pem: hers },
      { pem: pemOf(ca.issue({ names: ["site.test"] })), certificate: `${dir}/other.pem` },
      { pem: pemOf(renewed), certificate: `${dir}/site.pem` },
    ];
    const onOutcome = (each: ManyOutcome) =>
      codes.push(each.kind === "failed" ? (each.error as HaproxyError).code : each.result.action);
    await pushMany(parseNode(agent.target), requests, { ...watching(), onOutcome });
    expect(codes.sort()).toEqual([...Array(3).fill("HAPROXY_AGENT_PLACE"), "unchanged", "updated"]);
    expect(await served(haproxy.ports.site, "other.example")).toBe(other.fingerprint256);
    expect(await contentOf(`${dir}/other.pem`)).toBe(other.pem);
    await expectNothingOpen(haproxy);
  });

  test("bad requests among good ones concern themselves alone", async () => {
    await using haproxy = await startHaproxy({ version: "3.2", config, files });
    await using agent = await startAgent(haproxy, { allow: { names: ["*"] } });
    const good = [ca.issue({ names: ["site.test"] }), ca.issue({ names: ["other.example"] })];
    const outcomes: ManyOutcome[] = [];
    const requests = [
      { pem: pemOf(good[0] ?? site) },
      { pem: pemOf(ca.issue({ names: ["absent.test"] })) },
      { pem: { key: "none", chain: "none" } },
      { pem: pemOf(good[1] ?? site) },
    ];
    const summary = await pushMany(parseNode(agent.target), requests, {
      ...watching(),
      onOutcome: (each) => outcomes.push(each),
    });
    expect(summary).toMatchObject({ updated: 2, failed: 2 });
    const failed = outcomes.flatMap((each) => (each.kind === "failed" ? [(each.error as HaproxyError).code] : []));
    expect(failed.sort()).toEqual(["HAPROXY_BAD_PEM", "HAPROXY_CERTIFICATE_UNKNOWN"]);
    expect(await served(haproxy.ports.site, "site.test")).toBe(good[0]?.fingerprint256);
    expect(await served(haproxy.ports.site, "other.example")).toBe(good[1]?.fingerprint256);
    await expectNothingOpen(haproxy);
  });
});

/** A client that got in, and says nothing. */
function connectTo(address: string): Promise<TLSSocket> {
  const [host = "", port] = address.split(":");
  return new Promise((resolve, reject) => {
    const options = { ALPNProtocols: ["certwright-node/1"], ...clientFiles, host, port: Number(port) };
    const socket = connect(options).once("data", () => resolve(socket));
    socket.on("error", reject);
  });
}

/** A client of our own making: says something, and tells what it heard until the other side ends it. */
function talk(
  address: string,
  { said, deaf = false, ...options }: ConnectionOptions & { readonly said: string; readonly deaf?: boolean },
): Promise<{ readonly heard: string }> {
  const [host = "", port] = address.split(":");
  return new Promise((resolve) => {
    let heard = "";
    const socket = connect({
      ALPNProtocols: ["certwright-node/1"],
      ca: inner.rootPem,
      ...options,
      host,
      port: Number(port),
    });
    socket.setTimeout(8_000, () => socket.destroy(new Error("the agent did not end it")));
    socket.once("secureConnect", () => socket.write(said));
    // Who does not read is not told of the end; who goes on to write finds out.
    if (deaf) socket.pause().once("secureConnect", () => setInterval(() => socket.write(" "), 20).unref());
    else
      socket.on("data", (chunk) => {
        heard += chunk;
      });
    socket.on("error", (error) => {
      if (error.message === "the agent did not end it") heard = error.message;
    });
    socket.once("close", () => resolve({ heard }));
  });
}

test("the unit of the guide is one systemd understands", async () => {
  const guide = await readFile(new URL("../docs/guide/node-agent.md", import.meta.url), "utf8");
  const [, unit = ""] = /```ini\n(.*?)```/s.exec(guide) ?? [];
  expect(unit).toContain("ExecStart=/usr/bin/certwright haproxy serve-node\n");
  await withTempDir(async (dir) => {
    await writeFile(join(dir, "certwright-node.service"), unit.replace("/usr/bin/certwright", process.execPath));
    expect(await verifyUnits(dir)).toBe("");
  });
});
