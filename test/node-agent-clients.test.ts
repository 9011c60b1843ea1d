import {
  createConnect,
  type HaproxyError,
  haproxyTarget,
  type ManyOutcome,
  openSession,
  type PushResult,
  parseNode,
  push,
  pushMany,
} from "@certwright/haproxy";
import { startHaproxy } from "@certwright/tools/servers";
import { createTestCa } from "@certwright/tools/test-ca";
import { describe, expect, test } from "vitest";
import { ca, contentOf, expectNothingOpen, pemOf, served, watching } from "./haproxy-fixture.ts";
import {
  client,
  clientFiles,
  config,
  connectTo,
  credentials,
  files,
  inner,
  other,
  site,
  startAgent,
  talk,
  targetOf,
} from "./node-agent-fixture.ts";

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
    const wanted = { name: "site.test", identifiers: [{ type: "dns", value: "site.test" }], keyType: "ec256" } as const;
    const foresee = async (who?: typeof stranger) =>
      await haproxyTarget(await targetOf(agent.address, haproxy.dir, who)).foresee?.(wanted, watching());
    expect(await foresee()).toMatch(/takes us/);
    // A key that is in no file.
    const inEnv = agent.target.replace(/&key=[^&]*/, "&key=env:NODE_KEY");
    const found = createConnect(async (_node, place) =>
      "env" in place && place.env === "NODE_KEY" ? client.keyPem : "",
    );
    expect(await haproxyTarget(inEnv, { connect: found }).foresee?.(wanted, watching())).toMatch(/takes us/);
    await expect(haproxyTarget(inEnv).foresee?.(wanted, watching())).rejects.toMatchObject({ code: "HAPROXY_TLS" });
    await expect(foresee(colleague)).rejects.toMatchObject({ code: "HAPROXY_AGENT_CLIENT" });
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
    await soon(
      () => push(parseNode(agent.target), { pem: pemOf(ca.issue({ names: ["site.test"] })) }, watching()),
      "updated",
    );
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
    await soon(() => push(parseNode(agent.target), { pem: pemOf(site) }, watching()), "unchanged");
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
    await soon(() => push(parseNode(agent.target), request, watching()), "unchanged");
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

/** A push that ends so, if not at once: an agent of little patience may find a busy machine too slow. */
function soon(pushed: () => Promise<PushResult>, action: PushResult["action"]): Promise<void> {
  const ended = () =>
    pushed().then(
      (done) => done.action,
      (error: HaproxyError) => error.code,
    );
  return expect.poll(ended).toBe(action);
}
