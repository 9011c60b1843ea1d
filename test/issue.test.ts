import { readFile } from "node:fs/promises";
import { type CertwrightEvent, renew } from "@certwright/core";
import { listCertificates, readCertificate } from "@certwright/core/store";
import { exchange, parseServer } from "@certwright/dns";
import pdns from "@certwright/dns-pdns";
import { type PebbleOptions, startPebble, startPowerdns } from "@certwright/tools/servers";
import { expect, test } from "vitest";
import { oneLookEach } from "./acme-requests.ts";
import { type EngineOptions, specFor, startEngine } from "./engine.ts";

const plain = { force: false, dryRun: false };
const challenges = [{ type: "dns-01", provider: "pdns" }] as const;

/** PowerDNS, a Pebble that asks it, and an engine over both. */
async function startWorld(pebble: Omit<PebbleOptions, "dnsServer"> = {}, engine: Partial<EngineOptions> = {}) {
  await using started = new AsyncDisposableStack();
  const dns = started.use(await startPowerdns({ zones: ["example.test", "other.test"] }));
  const ca = started.use(await startPebble({ dnsServer: dns.address, ...pebble }));
  const caPem = await readFile(ca.caFile, "utf8");
  const options: EngineOptions = {
    dns: dns.address,
    caPem,
    providers: [pdns],
    options: { pdns: { apiKey: dns.apiKey, endpoint: dns.apiUrl } },
    ...engine,
  };
  const own = started.use(await startEngine(options));
  const all = started.move();
  const txt = async (name: string): Promise<readonly string[]> => {
    const { answers } = await exchange({ name, type: "TXT" }, parseServer(dns.address), { recursive: false });
    return answers.flatMap((record) => (record.type === "TXT" ? record.value : []));
  };
  const spec = (names: readonly string[], change: Parameters<typeof specFor>[2] = {}) =>
    specFor(
      names,
      { directoryUrl: ca.directoryUrl, email: "ops@example.test" },
      { challenges, nameserver: dns.address, ...change },
    );
  return { dns, ca, engine: own, options, txt, spec, [Symbol.asyncDispose]: () => all.disposeAsync() };
}

test("apex and wildcard: both values stand together, are gone afterwards, and the next run has nothing to do", async () => {
  await using world = await startWorld();
  const { engine, ca } = world;
  const spec = world.spec(["example.test", "*.example.test"]);
  expect(await renew([spec], plain, await engine.run())).toMatchObject([{ outcome: "issued" }]);
  expect(engine.of("txt.added")).toMatchObject([
    { records: [{ name: "_acme-challenge.example.test" }, { name: "_acme-challenge.example.test" }] },
  ]);
  expect(await world.txt("_acme-challenge.example.test")).toEqual([]);
  const requests = (await ca.requests()).length;
  expect(await renew([spec], plain, await engine.run())).toMatchObject([
    { outcome: "skipped", reason: expect.stringContaining("the CA suggests") },
  ]);
  // Nothing but the question when to renew.
  expect((await ca.requests()).length - requests).toBe(1);
});

test("the requests of an issuance are the protocol's minimum", async () => {
  await using world = await startWorld();
  const counted = async (name: string): Promise<number> => {
    const before = (await world.ca.requests()).length;
    expect(await renew([world.spec([name])], plain, await world.engine.run())).toMatchObject([{ outcome: "issued" }]);
    return oneLookEach((await world.ca.requests()).slice(before)).length;
  };
  expect(await counted("new.example.test")).toBe(10);
  // The account and the directory are known now.
  expect(await counted("known.example.test")).toBe(8);
});

test("100 names in one certificate, with a CA that refuses a fifth of all nonces", async () => {
  await using world = await startWorld({ nonceReject: 20, vaSleep: 1, authzReuse: 50 });
  const names = Array.from({ length: 100 }, (_, index) => `n${index}.${index % 2 === 0 ? "example" : "other"}.test`);
  const results = await renew([world.spec(names)], plain, await world.engine.run());
  expect(results, lastEvents(world.engine.events)).toMatchObject([{ outcome: "issued" }]);
  expect(world.engine.of("txt.added")).toHaveLength(2);
});

test.each(["ec384", "rsa2048", "rsa4096"] as const)("a %s key, kept at renewal when asked to", async (keyType) => {
  await using world = await startWorld({ profiles: { default: 7_776_000, shortlived: 518_400 } });
  const spec = world.spec(["a.example.test"], { keyType, reuseKey: true, profile: "shortlived" });
  const { store } = await world.engine.run();
  expect(await renew([spec], plain, await world.engine.run())).toMatchObject([{ outcome: "issued" }]);
  const first = await readCertificate(store, spec.name);
  expect(first?.meta).toMatchObject({ keyType, profile: "shortlived", generation: 1 });
  expect(await renew([spec], { ...plain, force: true }, await world.engine.run())).toMatchObject([
    { outcome: "issued" },
  ]);
  const second = await readCertificate(store, spec.name);
  expect(second?.meta).toMatchObject({ generation: 2 });
  expect(second?.keyPem).toBe(first?.keyPem);
  expect(second?.leafPem).not.toBe(first?.leafPem);
});

test("an external account binding, and without one a refusal that says so", async () => {
  await using world = await startWorld({ eab: true });
  const eab = world.ca.eab ?? { kid: "", hmacKey: "" };
  expect(await renew([world.spec(["a.example.test"])], plain, await world.engine.run())).toMatchObject([
    { outcome: "failed", error: { code: "ACME_EXTERNAL_ACCOUNT_REQUIRED", hint: expect.stringMatching(/./) } },
  ]);
  await using bound = await startEngine({ ...world.options, hmacKey: eab.hmacKey });
  const spec = specFor(
    ["a.example.test"],
    { directoryUrl: world.ca.directoryUrl, eab: { kid: eab.kid, hmacKey: { env: "UNUSED" } } },
    { challenges, nameserver: world.dns.address },
  );
  expect(await renew([spec], plain, await bound.run())).toMatchObject([{ outcome: "issued" }]);
});

test("one bad certificate keeps none of the others waiting", async () => {
  await using world = await startWorld({ domainBlocklist: ["bad.example.test"] });
  const specs = ["a.example.test", "bad.example.test", "b.example.test"].map((name) => world.spec([name]));
  expect(await renew(specs, plain, await world.engine.run())).toMatchObject([
    { outcome: "issued" },
    { outcome: "failed", error: { code: "ACME_REJECTED_IDENTIFIER" } },
    { outcome: "issued" },
  ]);
  const { store } = await world.engine.run();
  expect(await listCertificates(store)).toHaveLength(2);
});

test("an abort after any event leaves no TXT record, and the next run finishes with at most one more order", async () => {
  await using world = await startWorld();
  const reference = await startEngine(world.options);
  await renew([world.spec(["ref.example.test"])], plain, await reference.run());
  const moments = reference.events.length;
  await reference[Symbol.asyncDispose]();
  expect(moments).toBeGreaterThan(15);
  const stopAfter = async (moment: number) => {
    const name = `m${moment}.example.test`;
    const controller = new AbortController();
    await using engine = await startEngine({ ...world.options, signal: controller.signal });
    const run = await engine.run();
    const watched = {
      ...run,
      world: {
        ...run.world,
        emit: (event: CertwrightEvent) => {
          engine.events.push(event);
          if (engine.events.length === moment) controller.abort(new Error("stopped"));
        },
      },
    };
    await renew([world.spec([name])], plain, watched).catch(() => undefined);
    expect(
      await world.txt(`_acme-challenge.${name}`),
      `after event ${moment}, ${engine.events.at(moment - 1)?.type}`,
    ).toEqual([]);
    await using next = await startEngine({ ...world.options, state: engine.state });
    const results = await renew([world.spec([name])], plain, await next.run());
    expect(results, `after event ${moment}: ${lastEvents(next.events)}`).toMatchObject([{ certificate: name }]);
    expect(results[0]?.outcome, lastEvents(next.events)).not.toBe("failed");
    expect(next.of("order.created").length).toBeLessThanOrEqual(1);
  };
  await Promise.all(Array.from({ length: moments - 1 }, (_, index) => stopAfter(index + 1)));
});

test("an abort while several certificates are under way leaves no TXT record of any", async () => {
  await using world = await startWorld();
  const names = ["p1", "p2", "p3", "p4", "p5", "p6"].map((label) => `${label}.example.test`);
  for (const moment of ["txt.adding", "txt.added", "challenge.answered"] as const) {
    const controller = new AbortController();
    await using engine = await startEngine({ ...world.options, signal: controller.signal });
    const run = await engine.run();
    const emit = (event: CertwrightEvent): void => {
      engine.events.push(event);
      if (event.type === moment) controller.abort(new Error("stopped"));
    };
    const stopped = renew(
      names.map((name) => world.spec([name])),
      plain,
      { ...run, world: { ...run.world, emit } },
    );
    await expect(stopped).rejects.toThrow("stopped");
    for (const name of names) expect(await world.txt(`_acme-challenge.${name}`), `${name} after ${moment}`).toEqual([]);
  }
});

test("a credential the API refuses leaves nothing to clean up later", async () => {
  await using world = await startWorld();
  const options = { pdns: { apiKey: "wrong", endpoint: world.dns.apiUrl } };
  await using engine = await startEngine({ ...world.options, options });
  const spec = world.spec(["a.example.test"], {
    challenges: [
      { type: "dns-01", provider: "pdns", zone: "example.test" },
      { type: "dns-01", provider: "pdns", zone: "other.test" },
    ],
  });
  const failed = { code: "PROVIDER_AUTH", message: expect.stringContaining("a.example.test by dns-01 (pdns): ") };
  expect(await renew([spec], plain, await engine.run())).toMatchObject([{ outcome: "failed", error: failed }]);
  expect(engine.of("challenge.failed")).toMatchObject([{ code: "PROVIDER_AUTH", solver: "dns-01 (pdns)" }]);
  expect(engine.of("certificate.failed")).toMatchObject([failed]);
  const run = await engine.run();
  expect((await run.journal.adopt()).effects).toEqual([]);
  await run.journal.close();
});

function lastEvents(events: readonly CertwrightEvent[]): string {
  return events
    .slice(-8)
    .map((event) => JSON.stringify(event))
    .join("\n");
}
