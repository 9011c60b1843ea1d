import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import {
  type HaproxyError,
  type NodeAgentOptions,
  type PushRequest,
  parseNode,
  push,
  readIssuers,
} from "@certwright/haproxy";
import { startHaproxy, verifyUnits, withTempDir } from "@certwright/tools/servers";
import { describe, expect, test } from "vitest";
import { ca, contentOf, expectNothingOpen, pemOf, served, watching } from "./haproxy-fixture.ts";
import { config, files, inner, other, site, startAgent } from "./node-agent-fixture.ts";
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
    // HAProxy would answer this name with it.
    [{ pem: pemOf(ca.issue({ names: ["site.test"], commonName: "other.example" })) }, "HAPROXY_AGENT_NAMES"],
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

test("the unit of the guide is one systemd understands", async () => {
  const guide = await readFile(new URL("../docs/guide/node-agent.md", import.meta.url), "utf8");
  const [, unit = ""] = /```ini\n(.*?)```/s.exec(guide) ?? [];
  expect(unit).toContain("ExecStart=/usr/bin/certwright haproxy serve-node\n");
  await withTempDir(async (dir) => {
    await writeFile(join(dir, "certwright-node.service"), unit.replace("/usr/bin/certwright", process.execPath));
    expect(await verifyUnits(dir)).toBe("");
  });
});
