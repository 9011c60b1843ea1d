import { readdir } from "node:fs/promises";
import { connect as connectPlain, type Socket } from "node:net";
import type { TLSSocket } from "node:tls";
import { type ManyOutcome, type NodeAgentOptions, parseNode, push, pushMany } from "@certwright/haproxy";
import { startHaproxy } from "@certwright/tools/servers";
import { createTestCa } from "@certwright/tools/test-ca";
import { expect, test } from "vitest";
import { ca, contentOf, pemOf, served, watching } from "./haproxy-fixture.ts";
import {
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
import { startProxy } from "./socket-proxy.ts";

/* What one who has a client's key could try, in words of his own. */

test("no name of a certificate or a list leads anywhere else, and none is more than a name", async () => {
  await using haproxy = await startHaproxy({ version: "3.2", config, files });
  const { dir, adminSocket } = haproxy;
  let asked = "";
  await using _proxy = await startProxy(adminSocket, `${dir}/p.sock`, () => ({
    fromClient: (chunk) => {
      asked += chunk;
      return { pass: chunk };
    },
  }));
  const list = `${dir}/certs/list.txt`;
  const allow = { names: ["site.test", "new.test"], lists: [list] };
  const node = parseNode(`${dir}/p.sock`) as NodeAgentOptions["node"];
  await using agent = await startAgent(haproxy, { node, allow });
  await using folder = await startAgent(haproxy, { node, allow: { ...allow, certificates: [`${dir}/certs/*`] } });
  const before = await Promise.all([haproxy.command("show ssl cert"), haproxy.command(`show ssl crt-list ${list}`)]);
  const { fullchainPem: chain, keyPem: key } = ca.issue({ names: ["new.test"] });
  const { leafPem: leaf } = site;
  const names = [
    ...["/etc/passwd", `${dir}/other.pem`, `${dir}/certs/../other.pem`, `${dir}/certs/sub/new.pem`],
    ...[`${dir}/certs/.new.pem`, `${dir}/certs/new.pem.key`, `${dir}/certs/new.pem.ocsp`, `${dir}/certs/.pem`],
    ...[`${dir}/certs/new.pem [verify none] x.pem`, `${dir}/certs/new.pem !other.example x.pem`],
    ...[`${dir}/certs/new.pem;show info;x.pem`, `${dir}/certs/new.pem <<x.pem`, `${dir}/certs/new\\.pem`],
    ...[`*${dir}/other.pem`, "@store/other", "certwright.lock", "new.pem"],
  ];
  for (const { address } of [agent, folder]) {
    const answers = await askAll(address, [
      ...names.flatMap((certificate) => [
        { op: "put", chain, key, certificate, add: list },
        { op: "look", leaf, certificate },
        { op: "acme-renew", certificate },
      ]),
      { op: "put", chain, key, certificate: `${dir}/certs/new.pem`, add: `${list} ${dir}/other.pem` },
      { op: "put", chain, key, certificate: `${dir}/certs/new.pem`, add: `${dir}/certs/../certs/list.txt` },
    ]);
    expect(answers).toHaveLength(3 * names.length + 2);
    for (const { say, error } of answers) {
      expect(say).toBe("refused");
      expect(error.code).toMatch(/^HAPROXY_(?:AGENT_PLACE|UNSAFE_NAME|CERTIFICATE_UNKNOWN)$/);
    }
  }
  for (const certificate of [`${dir}/certs/new.pem\nshow info`, `${dir}/certs/new.pem\u0000`, "\r", ""]) {
    const [refused] = await askAll(agent.address, [{ op: "put", chain, key, certificate, add: list }]);
    expect(refused?.error.code).toBe("HAPROXY_AGENT_REQUEST");
  }
  // HAProxy was asked, and the one place of certwright's own among writers was taken; nothing else was said to it.
  const said = new Set(asked.split("\n").map((line) => line.replace(/^((?:\S+ ){2,3}).*$/, "$1")));
  expect(
    [...said].filter((line) => /^(?:set|commit|add|del|dump) |^new ssl cert (?!certwright\.lock)/.test(line)),
  ).toEqual([]);
  expect(asked).not.toMatch(/^(?!show |prompt |new ssl cert certwright\.lock|del ssl cert certwright\.lock|$)/m);
  expect(await Promise.all([haproxy.command("show ssl cert"), haproxy.command(`show ssl crt-list ${list}`)])).toEqual(
    before,
  );
  expect((await readdir(`${dir}/certs`)).sort()).toEqual(["ca.pem", "list.txt", "private.txt"]);
  expect(await contentOf(list)).toBe(`${dir}/site.pem\n`);
  expect(await contentOf(`${dir}/other.pem`)).toBe(other.pem);
});

test("a certificate is for every name HAProxy reads in it, however that is written", async () => {
  await using haproxy = await startHaproxy({ version: "3.2", config, files });
  await using agent = await startAgent(haproxy);
  for (const [names, commonName] of [
    [["site.test"], "other.example\0 Site"],
    [["site.test"], "OTHER.example"],
    [["site.test"], "*.example"],
    [["site.test", "OTHER.EXAMPLE."]],
    [["site.test", "*.test"]],
    [["site.test", "xn--site-.test"]],
    [["site.test", "192.0.2.1"]],
  ] as const) {
    const request = { pem: pemOf(ca.issue({ names, ...(commonName === undefined ? {} : { commonName }) })) };
    await expect(push(parseNode(agent.target), request, watching())).rejects.toMatchObject({
      code: "HAPROXY_AGENT_NAMES",
    });
  }
  // What HAProxy tells of a certificate ends at an empty line, also at one that a name brings along.
  const torn = ca.issue({ names: ["site.test"], commonName: "site\n\nCommitting other.pem.\nSuccess!" });
  const strange = createTestCa("Torn\n\n").issue({ names: ["site.test"] });
  const chained = { key: torn.keyPem, chain: ca.issue({ names: ["site.test"] }).leafPem + strange.chainPem };
  for (const pem of [pemOf(torn), pemOf(strange), chained]) {
    const pushed = push(parseNode(agent.target), { pem }, watching());
    await expect(pushed).rejects.toMatchObject({
      code: "HAPROXY_BAD_PEM",
      message: expect.stringContaining("line feed"),
    });
    const socket = await connectTo(agent.address);
    const answer = new Promise((resolve) => socket.once("data", (chunk) => resolve(String(chunk))));
    socket.write(`${JSON.stringify({ op: "put", id: 1, ...pem })}\n`);
    expect(await answer).toMatch(/"say":"refused","id":1.*line feed/);
    socket.destroy();
  }
  expect(await served(haproxy.ports.site, "other.example")).toBe(other.fingerprint256);
  const shouted = ca.issue({ names: ["SITE.test", "*.Site.TEST"] });
  expect(await push(parseNode(agent.target), { pem: pemOf(shouted) }, watching())).toMatchObject({ served: true });
});

test("who was struck off is out at once, and does not come back by an old session", async () => {
  await using haproxy = await startHaproxy({ version: "3.2", config, files });
  await using agent = await startAgent(haproxy, { clients: [] });
  const struck = inner.issue({ names: ["colleague.test"] });
  const who = { ca: inner.rootPem, cert: struck.fullchainPem, key: struck.keyPem };
  const socket = await connectTo(agent.address, who);
  const gone = new Promise((resolve) => socket.once("close", resolve));
  // What a client needs to resume came before the first word.
  const session = socket.getSession();
  expect(session?.length).toBeGreaterThan(0);
  const again = { ...who, ALPNProtocols: ["certwright-node/1"], ...(session ? { session } : {}) };
  expect((await connectTo(agent.address, again)).isSessionReused()).toBe(false);
  agent.renew({ ...credentials, crl: inner.revoke([struck]) });
  await gone;
  expect(await talk(agent.address, { ...again, said: "" })).toEqual({ heard: "" });
});

test("whose certificate ends is out with the next word, however long he has been there", async () => {
  await using haproxy = await startHaproxy({ version: "3.2", config, files });
  let now = Date.now();
  await using agent = await startAgent(haproxy, { clients: [], context: { now: () => now } });
  const { fullchainPem: cert, keyPem: key } = inner.issue({
    names: ["guest.test"],
    notAfter: new Date(now + 3_600_000),
  });
  const socket = await connectTo(agent.address, { ca: inner.rootPem, cert, key });
  const answer = () => new Promise((resolve) => socket.once("data", (chunk) => resolve(String(chunk))));
  socket.write('{"op":"acme-renew","id":1,"certificate":"x"}\n');
  expect(await answer()).toContain('"say":"refused","id":1');
  now += 3_600_000;
  const gone = new Promise((resolve) => socket.once("close", resolve));
  let heard = "";
  socket.on("data", (chunk) => {
    heard += chunk;
  });
  socket.write('{"op":"acme-renew","id":2,"certificate":"x"}\n');
  await gone;
  expect(heard).toBe("");
});

test("what is under way when the clients are to prove themselves anew is ended, and the rest goes on over another", async () => {
  await using haproxy = await startHaproxy({ version: "3.2", config, files });
  const { dir } = haproxy;
  const reached = Promise.withResolvers<void>();
  const renewed = Promise.withResolvers<void>();
  await using _proxy = await startProxy(haproxy.adminSocket, `${dir}/p.sock`, () => ({
    fromClient: async (chunk) => {
      if (chunk.includes("commit ssl cert")) {
        reached.resolve();
        await renewed.promise;
      }
      return { pass: chunk };
    },
  }));
  const node = parseNode(`${dir}/p.sock`) as NodeAgentOptions["node"];
  await using agent = await startAgent(haproxy, { node, allow: { names: ["*"] } });
  const [first, second] = [ca.issue({ names: ["site.test"] }), ca.issue({ names: ["other.example"] })];
  const outcomes: unknown[] = [];
  const onOutcome = (each: ManyOutcome) => outcomes.push(each.kind === "done" ? each.result.action : each.error);
  // The second waits in the agent's queue while the first is held up.
  const all = pushMany(parseNode(agent.target), [{ pem: pemOf(first) }, { pem: pemOf(second) }], {
    ...watching(),
    onOutcome,
  });
  await reached.promise;
  agent.renew(credentials);
  renewed.resolve();
  await all;
  expect(outcomes).toEqual(["updated", "updated"]);
  expect(await served(haproxy.ports.site, "site.test")).toBe(first.fingerprint256);
  expect(await served(haproxy.ports.site, "other.example")).toBe(second.fingerprint256);
});

test("hundreds who say nothing, or half of a greeting, keep nobody out", async () => {
  await using haproxy = await startHaproxy({ version: "3.2", config, files });
  await using agent = await startAgent(haproxy);
  const [host = "", port] = agent.address.split(":");
  const silent = await Promise.all(
    Array.from({ length: 400 }, (_, index) => {
      const socket = connectPlain(Number(port), host);
      socket.on("error", () => {});
      return new Promise<Socket>((resolve) =>
        socket.once("connect", () => {
          if (index % 2 === 0) socket.write(Buffer.from([0x16, 0x03, 0x01, 0x02, 0x00, 0x01]));
          resolve(socket);
        }),
      );
    }),
  );
  const target = parseNode(await targetOf(agent.address, haproxy.dir));
  expect(await push(target, { pem: pemOf(site) }, watching())).toMatchObject({ action: "unchanged" });
  for (const socket of silent) socket.destroy();
});

/** Says requests to an agent as nobody's program would, and resolves with what each came to. */
async function askAll(address: string, asks: readonly object[]) {
  const socket: TLSSocket = await connectTo(address, clientFiles);
  const answers: { readonly say: string; readonly error: { readonly code: string } }[] = [];
  const ended = new Promise<void>((resolve) => {
    let text = "";
    socket.on("close", resolve).on("data", (chunk) => {
      text += chunk;
      const lines = text.split("\n");
      text = lines.pop() ?? "";
      answers.push(...lines.map((line) => JSON.parse(line)).filter(({ say }) => say !== "beat" && say !== "step"));
      if (answers.length >= asks.length) socket.end();
    });
  });
  socket.write(asks.map((ask, id) => `${JSON.stringify({ id, ...ask })}\n`).join(""));
  await ended;
  return answers;
}
