import { setTimeout as sleep } from "node:timers/promises";
import {
  authoritativeServers,
  checkServers,
  createResolver,
  findCaa,
  findZone,
  followAlias,
  type PlainServer,
  sendUpdate,
  type TsigKey,
  type TxtAddition,
  watchTxt,
} from "@certwright/dns";
import { startBind, startKnot } from "@certwright/tools/servers";
import { describe, expect, test } from "vitest";
import { patience } from "./cli-process.ts";

const zone = "example.test";
const name = `_acme-challenge.${zone}`;
const records = [
  "www 60 IN A 192.0.2.1",
  '@ 60 IN CAA 128 issue "ca.test; validationmethods=dns-01"',
  "*.wild 60 IN CNAME cdn.other.test.",
  "_acme-challenge.alias 60 IN CNAME a.other.test.",
];
const zones = [{ name: zone, records }, `sub.${zone}`, "other.test"];
const clock = {
  now: () => performance.now(),
  sleep: async (ms: number, signal?: AbortSignal) => sleep(ms, undefined, { signal }),
};

function txt(value: string): TxtAddition {
  return { name, type: "TXT", ttl: 60, value };
}

function visible(values: readonly string[], servers: readonly PlainServer[]) {
  const watched = values.map((value) => ({ name, value, servers }));
  return watchTxt({ records: watched, clock, timeoutMs: patience, firstMs: 0 }).visible;
}

async function valuesAt(server: PlainServer): Promise<string[]> {
  const { answers } = await createResolver({ servers: [server] }).query(name, "TXT");
  return answers.flatMap((record) => (record.type === "TXT" ? record.value : [])).sort();
}

// Knot says NOTAUTH to an unknown key and to one that may not update, BIND tells them apart.
describe.each([
  ["BIND", startBind, { unknown: "DNS_TSIG_BADKEY", forbidden: "DNS_UPDATE_REFUSED" }],
  ["Knot", startKnot, { unknown: "DNS_UPDATE_NOTAUTH", forbidden: "DNS_UPDATE_NOTAUTH" }],
] as const)("%s", (_, start, says) => {
  test("takes two values at one name and gives one of them up, over TCP and UDP", async () => {
    await using server = await start({ zones, ipv6: true });
    const addresses = [server, { host: "::1", port: server.port }];
    const long = "x".repeat(600);
    await sendUpdate({ zone, add: [txt("one"), txt("two")] }, server, server.key);
    await Promise.all(visible(["one", "two"], addresses));
    await sendUpdate({ zone, add: [txt("one"), txt(long)] }, server, server.key, { transport: "udp" });
    expect(await valuesAt(server)).toEqual(["one", "two", long]);
    await sendUpdate({ zone, remove: [txt("two"), txt("never there")] }, server, server.key);
    expect(await valuesAt(server)).toEqual(["one", long]);
    await sendUpdate({ zone, clear: [{ name, type: "TXT" }] }, server, server.key);
    expect(await valuesAt(server)).toEqual([]);
    const looked = new AbortController();
    const watched = watchTxt({
      records: [{ name, value: "one", servers: [server] }],
      ...{ clock, timeoutMs: patience, firstMs: 0, signal: looked.signal },
      onState: ({ state }) => state === "absent" && looked.abort(new Error(state)),
    });
    await expect(watched.visible[0]).rejects.toThrow("absent");
  });

  test("answers with seventy values at one name, which needs TCP", async () => {
    await using server = await start({ zones });
    const values = Array.from({ length: 70 }, (_value, index) => `${index}`.padStart(43, "v"));
    await sendUpdate({ zone, add: values.map(txt) }, server, server.key);
    await Promise.all(visible(values, [server]));
    expect(await valuesAt(server)).toEqual(values.sort());
  });

  test("accepts every algorithm, and names what is wrong with a key", async () => {
    for (const algorithm of ["hmac-sha1", "hmac-sha224", "hmac-sha256", "hmac-sha384", "hmac-sha512"] as const) {
      const secret = Buffer.alloc(64, 1).toString("base64");
      await using server = await start({ zones: [zone], tsigKey: { name: "test-key", algorithm, secret } });
      await sendUpdate({ zone, add: [txt(algorithm)] }, server, server.key);
      await visible([algorithm], [server])[0];
      if (algorithm === "hmac-sha256") await rejectsBadKeys(server, server.key, says.unknown);
    }
  });

  test("says why it does not carry out an update", async () => {
    await using server = await start({ zones });
    await using refusing = await start({ zones, updates: false });
    const send = (to: typeof server, wrongZone: string) =>
      sendUpdate({ zone: wrongZone, add: [txt("value")] }, to, to.key);
    await expect(send(refusing, zone)).rejects.toMatchObject({ code: says.forbidden });
    await expect(send(server, "other.test")).rejects.toMatchObject({ code: "DNS_UPDATE_NOTZONE" });
    await expect(send(server, "nowhere.test")).rejects.toMatchObject({ code: "DNS_UPDATE_NOTAUTH" });
    await expect(sendUpdate({ zone, add: [txt("value")] }, server, undefined)).rejects.toMatchObject({
      code: says.forbidden,
    });
  });

  test("shows its zones, servers, aliases and CAA records", async () => {
    await using server = await start({ zones, ipv6: true });
    const resolver = createResolver({ servers: [server] });
    expect(await findZone(`_acme-challenge.www.${zone}`, resolver)).toMatchObject({ name: zone });
    expect(await findZone(`x.sub.${zone}`, resolver)).toMatchObject({ name: `sub.${zone}`, soa: { negativeTtl: 1 } });
    const { servers } = await authoritativeServers(zone, resolver, { port: server.port });
    expect(servers).toMatchObject([{ host: "127.0.0.1", name: `ns.${zone}` }, { host: "::1" }]);
    expect(await checkServers(zone, servers)).toMatchObject([
      { state: "ok", serial: 1, nameservers: [`ns.${zone}`] },
      { state: "ok", serial: 1 },
    ]);
    expect(await checkServers("nowhere.test", servers)).toMatchObject([{ state: "refused" }, { state: "refused" }]);
    const wild = await followAlias(`_acme-challenge.wild.${zone}`, resolver);
    expect(wild).toEqual({ name: `_acme-challenge.wild.${zone}`, chain: [], synthesised: true });
    const alias = await followAlias(`_acme-challenge.alias.${zone}`, resolver);
    expect(alias).toEqual({ name: "a.other.test", chain: ["a.other.test"], synthesised: false });
    expect(await findCaa(`*.www.${zone}`, resolver)).toMatchObject({ name: zone, records: [{ critical: true }] });
  });
});

async function rejectsBadKeys(server: PlainServer, key: TsigKey, unknown: string): Promise<void> {
  const update = { zone, add: [txt("never")] };
  const secret = Buffer.alloc(64, 2).toString("base64");
  await expect(sendUpdate(update, server, { ...key, name: "stranger" })).rejects.toMatchObject({
    code: unknown,
  });
  await expect(sendUpdate(update, server, { ...key, secret })).rejects.toMatchObject({ code: "DNS_TSIG_BADSIG" });
  const late = { now: () => Date.now() - 3_600_000 };
  await expect(sendUpdate(update, server, key, late)).rejects.toMatchObject({
    code: "DNS_TSIG_BADTIME",
    message: expect.stringMatching(/this clock is 3\d{3} s behind the server's/),
  });
  expect(await valuesAt(server)).not.toContain("never");
}
