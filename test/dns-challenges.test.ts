import { readFile } from "node:fs/promises";
import { type ChallengeSpec, createCaPool, dnsPersist01Record, type Identifier, renew } from "@certwright/core";
import { exchange, parseServer, sendUpdate } from "@certwright/dns";
import rfc2136 from "@certwright/dns-rfc2136";
import type { DefinedProvider } from "@certwright/provider";
import { startBind, startPebble } from "@certwright/tools/servers";
import { expect, test } from "vitest";
import { specFor, startEngine } from "./engine.ts";

// The engine takes any provider; its options are checked when they are read.
const updates = rfc2136 as unknown as DefinedProvider;
const plain = { force: false, dryRun: false };
const zone = "example.test";

/** BIND, a Pebble that asks it, and an engine that writes by RFC 2136. */
async function startWorld() {
  await using started = new AsyncDisposableStack();
  const dns = started.use(await startBind({ zones: [zone] }));
  const ca = started.use(await startPebble({ dnsServer: dns.address }));
  const { name, algorithm, secret } = dns.key;
  const engine = started.use(
    await startEngine({
      dns: dns.address,
      caPem: await readFile(ca.caFile, "utf8"),
      providers: [updates],
      options: {
        rfc2136: { nameserver: dns.address, keyName: name, keyAlgorithm: algorithm, keySecret: secret },
      },
    }),
  );
  const all = started.move();
  const txt = async (at: string): Promise<readonly string[]> => {
    const { answers } = await exchange({ name: at, type: "TXT" }, parseServer(dns.address), { recursive: false });
    return answers.flatMap((record) => (record.type === "TXT" ? record.value : []));
  };
  const issue = async (names: readonly string[], challenges: readonly ChallengeSpec[]) =>
    renew(
      [specFor(names, { directoryUrl: ca.directoryUrl }, { challenges, nameserver: dns.address })],
      plain,
      await engine.run(),
    );
  const accountUrl = async (): Promise<string> => {
    const run = await engine.run();
    const pool = createCaPool(run);
    const client = await pool.client({ directoryUrl: ca.directoryUrl });
    await pool.close();
    await run.journal.close();
    return client.accountUrl ?? "";
  };
  return { dns, ca, engine, txt, issue, accountUrl, [Symbol.asyncDispose]: () => all.disposeAsync() };
}

const dns01 = { type: "dns-01", provider: "rfc2136" } as const;

/** What was presented, as `type name`. */
function presented(events: readonly { type: string }[]): readonly string[] {
  return events.flatMap((event) => {
    if (event.type !== "challenge.presented") return [];
    const { challenge, identifier } = event as unknown as { challenge: string; identifier: Identifier };
    return `${challenge} ${identifier.value}`;
  });
}

test("dns-account-01 for apex and wildcard, at a name of the account's own", async () => {
  await using world = await startWorld();
  const results = await world.issue([zone, `*.${zone}`], [{ type: "dns-account-01", provider: "rfc2136" }]);
  expect(results, JSON.stringify(world.engine.events)).toMatchObject([{ outcome: "issued" }]);
  const [{ records } = { records: [] }] = world.engine.of("txt.added");
  expect(records).toHaveLength(2);
  for (const { name } of records) {
    expect(name).toMatch(/^_[a-z2-7]{16}\._acme-challenge\.example\.test$/);
    expect(await world.txt(name)).toEqual([]);
  }
});

/** A world in whose DNS a record stands that lets its account have apex and wildcard. */
async function startWithRecord() {
  const world = await startWorld();
  const record = dnsPersist01Record({
    domain: zone,
    issuerDomainName: "pebble.letsencrypt.org",
    accountUrl: await world.accountUrl(),
    wildcard: true,
    until: new Date(Date.now() + 3_600_000),
  });
  const add = [{ name: record.name, type: "TXT" as const, ttl: 60, value: record.value }];
  await sendUpdate({ zone, add }, parseServer(world.dns.address) as { host: string; port: number }, world.dns.key);
  return { ...world, record };
}

test("dns-persist-01: a record that stands is used where it is asked for, and nothing is written", async () => {
  await using world = await startWithRecord();
  const names = [zone, `*.${zone}`];
  expect(await world.issue(names, [{ type: "dns-persist-01" }]), JSON.stringify(world.engine.events)).toMatchObject([
    { outcome: "issued" },
  ]);
  expect(await world.txt(world.record.name)).toEqual([world.record.value]);
  expect(world.engine.of("txt.added")).toEqual([]);
});

test("dns-persist-01: a record that stands is used where nobody asked for it, and is no other name's", async () => {
  await using world = await startWithRecord();
  await using other = await startEngine({
    dns: world.dns.address,
    caPem: await readFile(world.ca.caFile, "utf8"),
    providers: [updates],
    options: { rfc2136: { nameserver: world.dns.address } },
    state: world.engine.state,
  });
  const spec = specFor(
    [`*.${zone}`, `www.${zone}`],
    { directoryUrl: world.ca.directoryUrl },
    { challenges: [dns01], nameserver: world.dns.address },
  );
  const results = await renew([spec], plain, await other.run());
  // The record of the apex is not looked for at www, and dns-01 has no key here: the name fails, the wildcard is proved.
  expect(presented(other.events)).toContain(`dns-persist-01 *.${zone}`);
  expect(other.of("challenge.failed")).toMatchObject([{ identifier: { value: `www.${zone}` }, challenge: "dns-01" }]);
  expect(results).toMatchObject([{ outcome: "failed" }]);
  expect(await world.txt(world.record.name)).toEqual([world.record.value]);
});

test("dns-persist-01 without a record that counts is followed by the next way, and says what each server has", async () => {
  await using world = await startWorld();
  const accountUrl = await world.accountUrl();
  const over = `pebble.letsencrypt.org; accounturi=${accountUrl}; persistUntil=1000`;
  const add = [{ name: `_validation-persist.${zone}`, type: "TXT" as const, ttl: 60, value: over }];
  await sendUpdate({ zone, add }, parseServer(world.dns.address) as { host: string; port: number }, world.dns.key);
  expect(await world.issue([zone], [{ type: "dns-persist-01" }, dns01])).toMatchObject([{ outcome: "issued" }]);
  expect(world.engine.of("challenge.failed")).toMatchObject([
    {
      code: "DNS_PERSIST_ABSENT",
      message: expect.stringMatching(/127\.0\.0\.1:\d+: ".*persistUntil=1000" is over/),
      next: expect.stringContaining("dns-01"),
    },
  ]);
  // Where nobody asked for it, that there is none is no news.
  expect(await world.issue([`www.${zone}`], [dns01])).toMatchObject([{ outcome: "issued" }]);
  expect(world.engine.of("challenge.failed")).toHaveLength(1);
});

test("from a TXT record written at BIND to the challenge answered, in one look", async () => {
  await using world = await startWorld();
  for (const name of ["a", "b", "c"]) {
    expect(await world.issue([`${name}.${zone}`], [dns01])).toMatchObject([{ outcome: "issued" }]);
  }
  expect(world.engine.of("propagation.seen")).toHaveLength(3);
  expect(
    world.engine.of("propagation.waiting").every(({ servers }) => servers.every(({ state }) => state === "seen")),
  ).toBe(true);
});
