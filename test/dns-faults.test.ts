import { readFile } from "node:fs/promises";
import { type CertificateSpec, type ChallengeSpec, renew } from "@certwright/core";
import pdns from "@certwright/dns-pdns";
import rfc2136 from "@certwright/dns-rfc2136";
import { type DefinedProvider, defineProvider } from "@certwright/provider";
import { startBind, startKnot, startPebble, startPowerdns, type ZoneOption } from "@certwright/tools/servers";
import { expect, test } from "vitest";
import { startDnsProxy, type Treat, type Treatment } from "./dns-proxy.ts";
import { type Engine, specFor, startEngine } from "./engine.ts";

// The engine takes any provider; its options are checked when they are read.
const updates = rfc2136 as unknown as DefinedProvider;
const plain = { force: false, dryRun: false };
const txt = 16;
const way = { type: "dns-01", provider: "rfc2136" } as const;

/** What engines of one test share: a name server that is as it should be, and a CA that asks it. */
async function startWorld(zones: readonly ZoneOption[]) {
  await using started = new AsyncDisposableStack();
  const dns = started.use(await startBind({ zones }));
  const ca = started.use(await startPebble({ dnsServer: dns.address }));
  const caPem = await readFile(ca.caFile, "utf8");
  const all = started.move();
  const options = {
    nameserver: dns.address,
    keyName: dns.key.name,
    keyAlgorithm: dns.key.algorithm,
    keySecret: dns.key.secret,
  };
  const issue = async (name: string, change: Partial<CertificateSpec>, resolver = dns.address) => {
    const engine = await startEngine({
      dns: resolver,
      caPem,
      providers: [updates],
      options: { rfc2136: options, one: options, two: options },
    });
    all.use(engine);
    const spec = specFor(
      [name],
      { directoryUrl: ca.directoryUrl },
      { challenges: [way], nameserver: dns.address, ...change },
    );
    const [result] = await renew([spec], plain, await engine.run());
    return { result, engine };
  };
  return { dns, ca, caPem, issue, [Symbol.asyncDispose]: () => all.disposeAsync() };
}

/** Records added, as they were handed to a provider together. */
function additions(engine: Engine) {
  return engine.events.flatMap((event) => (event.type === "txt.added" ? [event.records] : []));
}

/** One name server to ask for zones that several hold. */
function startRouter(route: (name: string) => string) {
  return startDnsProxy((name) => ({ to: route(name) }), route);
}

/** What the servers said last when the value counted as seen, or the run failed. */
function lastStates(engine: Engine): readonly string[] {
  return (
    engine
      .of("propagation.waiting")
      .at(-1)
      ?.servers.map(({ state }) => state) ?? []
  );
}

test.concurrent("one of four name servers stale for 3 s, dead, lame, failing, truncating: the certificate is issued all the same", async () => {
  await using world = await startWorld(["example.test"]);
  await using stack = new AsyncDisposableStack();
  const good = world.dns.address;
  const proxy = async (treat: Treat, tcp?: string) =>
    stack.use(await startDnsProxy(treat, tcp === undefined ? undefined : () => tcp));
  const well = await Promise.all([1, 2, 3].map(() => proxy(() => ({ to: good }), good)));
  const only =
    (bad: Treatment): Treat =>
    (_name, type) =>
      type === txt ? bad : { to: good };
  let staleUntil = 0;
  const stale: Treat = (_name, type) => {
    if (type !== txt) return { to: good };
    staleUntil ||= Date.now() + 3_000;
    return Date.now() < staleUntil ? "empty" : { to: good };
  };
  const faults: readonly (readonly [name: string, treat: Treat, tcp: string | undefined, state: string])[] = [
    ["stale", stale, good, "seen"],
    ["dead", () => "silence", undefined, "timeout"],
    ["servfail", only("servfail"), undefined, "servfail"],
    ["refused", only("refused"), undefined, "refused"],
    ["truncated", only("truncated"), good, "seen"],
    ["tcp-blocked", only("truncated"), undefined, "bad-answer"],
  ];
  const outcomes = await Promise.all(
    faults.map(async ([name, treat, tcp, state]) => {
      const bad = await proxy(treat, tcp);
      const nameservers = [...well, bad].map(({ address }) => address);
      const { result, engine } = await world.issue(`${name}.example.test`, { dns: { nameservers } });
      expect(result, JSON.stringify(engine.events.slice(-6))).toMatchObject({ outcome: "issued" });
      const seen = engine
        .of("propagation.waiting")
        .at(-1)
        ?.servers.find(({ server }) => server === bad.address);
      return `${name} ${seen?.state === state}`;
    }),
  );
  expect(outcomes).toEqual(faults.map(([name]) => `${name} true`));
});

test.concurrent("where no server shows the value, the error names each with its reason, and nothing is left", async () => {
  await using world = await startWorld(["example.test"]);
  const kinds = ["silence", "servfail", "refused", "empty"] as const;
  await using stack = new AsyncDisposableStack();
  const bad = await Promise.all(kinds.map(async (kind) => stack.use(await startDnsProxy(() => kind))));
  const { result, engine } = await world.issue("a.example.test", {
    dns: { nameservers: bad.map(({ address }) => address), propagation: { mode: "check", seconds: 6 } },
  });
  expect(result).toMatchObject({ outcome: "failed" });
  const message = result?.outcome === "failed" ? result.error.message : "";
  const reasons = [
    "is of no use \\(timeout\\)",
    "is of no use \\(servfail\\)",
    "is of no use \\(refused\\)",
    "has no TXT record",
  ];
  for (const [index, { address }] of bad.entries()) expect(message).toMatch(new RegExp(`${address} ${reasons[index]}`));
  expect(engine.of("txt.removed")).toHaveLength(1);
  expect(lastStates(engine)).toHaveLength(4);
});

const chain = Array.from({ length: 9 }, (_, index) => `c${index} 60 IN CNAME c${index + 1}`);

test.concurrent("aliases: in a circle, nine long, and by a wildcard that is not followed", async () => {
  await using world = await startWorld([
    {
      name: "example.test",
      records: [
        "_acme-challenge.circle 60 IN CNAME circle",
        "circle 60 IN CNAME _acme-challenge.circle",
        "_acme-challenge.long 60 IN CNAME c0",
        ...chain,
        "*.wild 60 IN CNAME elsewhere.other.test.",
      ],
    },
    "other.test",
  ]);
  const challenges: readonly ChallengeSpec[] = [
    { ...way, instance: "one", zones: ["example.test"] },
    { ...way, instance: "two", zones: ["other.test"] },
  ];
  const wild = await world.issue("wild.example.test", { challenges });
  expect(wild.result).toMatchObject({ outcome: "issued" });
  expect(wild.engine.of("txt.added")).toMatchObject([
    { records: [{ provider: "one", name: "_acme-challenge.wild.example.test" }] },
  ]);
  expect(wild.engine.of("dns.aliasIgnored")).toHaveLength(1);

  for (const [name, text] of [
    ["circle", /go in a circle: _acme-challenge\.circle\.example\.test -> circle\.example\.test/],
    ["long", /are more than 8: _acme-challenge\.long\.example\.test -> c0/],
  ] as const) {
    const { result, engine } = await world.issue(`${name}.example.test`, { challenges });
    expect(result).toMatchObject({ outcome: "failed", error: { message: expect.stringMatching(text) } });
    expect(engine.of("txt.adding")).toEqual([]);
  }
});

test.concurrent("an alias into another provider's zone is written there, and removed there", async () => {
  await using power = await startPowerdns({ zones: ["example.test", "other.test"] });
  const changed = await fetch(`${power.apiUrl}/api/v1/servers/localhost/zones/example.test.`, {
    method: "PATCH",
    headers: { "X-API-Key": power.apiKey },
    body: JSON.stringify({
      rrsets: [
        {
          name: "_acme-challenge.a.example.test.",
          type: "CNAME",
          ttl: 60,
          changetype: "REPLACE",
          records: [{ content: "a.example.other.test.", disabled: false }],
        },
      ],
    }),
  });
  expect(changed.status).toBe(204);
  await using ca = await startPebble({ dnsServer: power.address });
  const options = { apiKey: power.apiKey, endpoint: power.apiUrl };
  await using engine = await startEngine({
    dns: power.address,
    caPem: await readFile(ca.caFile, "utf8"),
    providers: [pdns],
    options: { one: options, two: options },
  });
  const challenges = ["one", "two"].map((instance) => ({
    type: "dns-01" as const,
    provider: "pdns",
    instance,
    zones: [instance === "one" ? "example.test" : "other.test"],
  }));
  const spec = specFor(
    ["a.example.test"],
    { directoryUrl: ca.directoryUrl },
    { challenges, nameserver: power.address },
  );
  expect(await renew([spec], plain, await engine.run()), JSON.stringify(engine.events.slice(-5))).toMatchObject([
    { outcome: "issued" },
  ]);
  const at = [{ records: [{ provider: "two", zone: "other.test", name: "a.example.other.test" }] }];
  expect(engine.of("txt.added")).toMatchObject(at);
  expect(engine.of("txt.removed")).toMatchObject(at);
});

test.concurrent("no zone is guessed: a look-up that fails, and the SOA of another level, reach no provider", async () => {
  const zones: string[] = [];
  const blind = defineProvider({
    id: "blind",
    name: "Blind",
    website: "https://blind.test",
    docs: "https://blind.test",
    options: {},
    traits: { granularity: "record" },
    permissions: "None.",
    tested: { by: "contract", against: "nothing", on: "2026-11-24" },
    create: () => ({
      add: async ({ zone }) => void zones.push(zone.name),
      remove: async () => undefined,
    }),
  }) as unknown as DefinedProvider;
  await using dns = await startBind({ zones: ["example.test"] });
  const soa = 6;
  await using failing = await startDnsProxy((name, type) =>
    type === soa && name === "a.example.test" ? "servfail" : { to: dns.address },
  );
  await using ca = await startPebble({ dnsServer: dns.address });
  await using engine = await startEngine({
    dns: failing.address,
    caPem: await readFile(ca.caFile, "utf8"),
    providers: [blind],
  });
  const specs = ["a.example.test", "deep.down.example.test"].map((name) =>
    specFor(
      [name],
      { directoryUrl: ca.directoryUrl },
      {
        challenges: [{ type: "dns-01", provider: "blind" }],
        dns: { nameservers: [dns.address], propagation: { mode: "check", seconds: 6 } },
      },
    ),
  );
  const results = await renew(specs, plain, await engine.run());
  const unknowable = `the zone of _acme-challenge\\.a\\.example\\.test cannot be told, because a\\.example\\.test could not be looked up: .*${failing.address}: .*SERVFAIL`;
  expect(results).toMatchObject([
    { outcome: "failed", error: { message: expect.stringMatching(unknowable) } },
    {
      outcome: "failed",
      error: { message: expect.stringMatching(/deep\.down\.example\.test.* has no TXT record there/) },
    },
  ]);
  // The SOA of the zone above comes along with every denial; only one asked for by its own name counts.
  expect(zones).toEqual(["example.test"]);
});

test.concurrent("split horizon: a zone only the inner name server knows, beside one for all", async () => {
  await using inner = await startKnot({ zones: ["inner.test"] });
  await using outer = await startBind({ zones: ["outer.test"] });
  await using both = await startRouter((name) => (name.endsWith("inner.test") ? inner.address : outer.address));
  await using ca = await startPebble({ dnsServer: both.address });
  const optionsOf = ({ address, key }: typeof inner) => ({
    nameserver: address,
    keyName: key.name,
    keyAlgorithm: key.algorithm,
    keySecret: key.secret,
  });
  await using engine = await startEngine({
    dns: outer.address,
    caPem: await readFile(ca.caFile, "utf8"),
    providers: [updates],
    options: { inner: optionsOf(inner), outer: optionsOf(outer) },
  });
  const spec = specFor(
    ["a.inner.test", "a.outer.test"],
    { directoryUrl: ca.directoryUrl },
    {
      challenges: [
        { ...way, instance: "inner", zones: ["inner.test"] },
        { ...way, instance: "outer", zones: ["outer.test"] },
      ],
      dns: {
        zoneResolvers: { "inner.test": [inner.address] },
        resolvers: [outer.address],
        nameservers: [both.address],
      },
    },
  );
  expect(await renew([spec], plain, await engine.run()), JSON.stringify(engine.events.slice(-5))).toMatchObject([
    { outcome: "issued" },
  ]);
  const added = additions(engine)
    .flat()
    .map(({ provider, zone }) => `${provider} ${zone}`);
  expect(added.sort()).toEqual(["inner inner.test", "outer outer.test"]);
});

test("100 names over three zones at two providers in one certificate, apexes and wildcards among them", async () => {
  await using power = await startPowerdns({ zones: ["three.test"] });
  await using bind = await startBind({ zones: ["one.test", "two.test"], forward: { "three.test": power.address } });
  await using both = await startRouter((name) => (name.endsWith("three.test") ? power.address : bind.address));
  // Pebble is not patient enough for three hundred questions by way of this busy process.
  await using ca = await startPebble({ dnsServer: bind.address });
  const { name: keyName, algorithm: keyAlgorithm, secret: keySecret } = bind.key;
  await using engine = await startEngine({
    dns: both.address,
    caPem: await readFile(ca.caFile, "utf8"),
    providers: [updates, pdns],
    options: {
      rfc2136: { nameserver: bind.address, keyName, keyAlgorithm, keySecret },
      pdns: { apiKey: power.apiKey, endpoint: power.apiUrl },
    },
  });
  const zones = ["one", "two", "three"];
  const names = Array.from({ length: 100 }, (_, index) => {
    const zone = `${zones[index % 3]}.test`;
    return index < 3 ? zone : index < 6 ? `*.${zone}` : `n${index}.${zone}`;
  });
  const spec = specFor(
    names,
    { directoryUrl: ca.directoryUrl },
    {
      challenges: [
        { ...way, zones: ["one.test", "two.test"] },
        { type: "dns-01", provider: "pdns" },
      ],
      nameserver: both.address,
    },
  );
  expect(await renew([spec], plain, await engine.run()), JSON.stringify(engine.events.slice(-5))).toMatchObject([
    { outcome: "issued" },
  ]);
  const byZone = additions(engine).map((records) => `${records[0]?.provider} ${records[0]?.zone} ${records.length}`);
  expect(byZone.sort()).toEqual(["pdns three.test 33", "rfc2136 one.test 34", "rfc2136 two.test 33"]);
  const removed = engine.events.flatMap((event) => (event.type === "txt.removed" ? event.records : []));
  expect(removed).toHaveLength(100);
});
