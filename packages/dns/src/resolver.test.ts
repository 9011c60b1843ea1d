import type { Answer } from "dns-packet";
import { describe, expect, it } from "vitest";
import type { Exchange } from "./exchange.ts";
import type { DnsAnswer } from "./message.ts";
import { createResolver } from "./resolver.ts";
import { a, type FakeDns, ns, rcodes, silent, soa, startFakeDns, txt } from "./testing/fake-dns.ts";

const www = { answers: [a("www.example.test", "192.0.2.1")] };
const found = { answers: [{ address: "192.0.2.1" }] };

function resolverFor(...fakes: FakeDns[]) {
  return patientResolver(fakes, { staggerMs: 50 });
}

function patientResolver(fakes: readonly FakeDns[], limits: { timeoutMs?: number; staggerMs: number }) {
  return createResolver({ servers: fakes.map(({ server }) => server), timeoutMs: 300_000, ...limits });
}

it("asks the servers the machine has by then", async () => {
  await using before = await startFakeDns();
  await using after = await startFakeDns();
  before.on("A www.example.test", www);
  after.on("A mail.example.test", { answers: [a("mail.example.test", "192.0.2.2")] });
  let [server, now] = [before.server, 0];
  const resolver = createResolver({ servers: () => [server], now: () => now, timeoutMs: 30_000 });
  await resolver.query("www.example.test", "A");
  [server, now] = [after.server, 5_000];
  expect(await resolver.query("mail.example.test", "A")).toMatchObject({ answers: [{ address: "192.0.2.2" }] });
});

describe("several servers", () => {
  it.each([
    ["SERVFAIL", { rcode: rcodes.servfail }],
    ["REFUSED", { rcode: rcodes.refused }],
    ["silence", silent],
    ["a referral", { authoritative: false, authorities: [ns("test", "ns.test")] }],
    ["a truncated answer without TCP", { truncated: true }],
  ])("goes on to the next one after %s", async (_, reply) => {
    await using bad = await startFakeDns({ tcp: false });
    await using good = await startFakeDns();
    bad.on("A www.example.test", reply);
    good.on("A www.example.test", www);
    expect(await resolverFor(bad, good).query("www.example.test", "A")).toMatchObject(found);
  });

  it("asks only the first one while it answers", async () => {
    await using first = await startFakeDns();
    await using second = await startFakeDns();
    first.on("A www.example.test", { rcode: rcodes.nxdomain, authorities: [soa("example.test")] });
    expect(
      await patientResolver([first, second], { staggerMs: 300_000 }).query("WWW.example.test.", "A"),
    ).toMatchObject({ rcode: "NXDOMAIN" });
    expect(second.asked).toEqual([]);
  });

  it("names each server and its reason when all fail", async () => {
    const dead = await startFakeDns();
    await dead[Symbol.asyncDispose]();
    await using refusing = await startFakeDns();
    await using mute = await startFakeDns();
    refusing.on("A www.example.test", { rcode: rcodes.refused });
    mute.on("A www.example.test", silent);
    const [one, two, three] = [refusing, mute, dead].map(({ server }) => `127.0.0.1:${server.port}`);
    const error = await patientResolver([refusing, mute, dead], { timeoutMs: 1_000, staggerMs: 50 })
      .query("www.example.test", "A")
      .catch((reason: unknown) => reason);
    expect(error).toMatchObject({
      code: "DNS_LOOKUP_FAILED",
      retryable: true,
      failures: [
        { server: one, code: "REFUSED" },
        { server: two, code: "DNS_TIMEOUT" },
        { server: three, code: "DNS_UNREACHABLE" },
      ],
    });
    expect(error).toHaveProperty(
      "message",
      expect.stringMatching(`${one}: REFUSED; ${two} did not .*; ${three} cannot`),
    );
  });

  it("says that there is none", async () => {
    await expect(createResolver({ servers: [] }).query("a.test", "A")).rejects.toThrow("no resolver");
  });
});

it("asks a zone's own servers for names in it, the longest zone first", async () => {
  await using outside = await startFakeDns();
  await using inside = await startFakeDns();
  await using deep = await startFakeDns();
  const resolver = createResolver({
    servers: [outside.server],
    zones: { "Corp.test.": [inside.server], "lab.corp.test": [deep.server] },
  });
  outside.on("A xcorp.test", www);
  inside.on("A corp.test", www).on("A a.corp.test", www);
  deep.on("A a.lab.corp.test", www);
  for (const name of ["xcorp.test", "corp.test", "a.corp.test", "a.lab.corp.test"]) {
    expect(await resolver.query(name, "A")).toMatchObject(found);
  }
});

it("refuses a bad name without asking anybody", async () => {
  await using fake = await startFakeDns();
  await expect(resolverFor(fake).query("a..b", "A")).rejects.toMatchObject({ code: "DNS_BAD_NAME" });
});

describe("memory", () => {
  async function timesAsked(type: "A" | "TXT" | "NS", answers: Answer[], laterMs: number): Promise<number> {
    await using fake = await startFakeDns();
    fake.on(`${type} x.test`, { answers, authorities: [soa("test", 3600)] });
    let time = 0;
    const resolver = createResolver({ servers: [fake.server], timeoutMs: 300_000, now: () => time });
    await resolver.query("x.test", type);
    time = laterMs;
    await resolver.query("x.test", type);
    return fake.asked.length;
  }

  it.each([
    ["keeps an answer for its TTL", "A", [a("x.test", "192.0.2.1")], 59_000, 1],
    ["forgets it then", "A", [a("x.test", "192.0.2.1")], 60_001, 2],
    ["keeps nothing for more than a minute", "A", [{ ...a("x.test", "192.0.2.1"), ttl: 99_999 } as Answer], 60_001, 2],
    ["keeps an absence for seconds", "A", [], 4_900, 1],
    ["forgets it although the zone allows an hour", "A", [], 5_001, 2],
    ["never keeps TXT", "TXT", [txt("x.test", "value")], 0, 2],
    ["never keeps the absence of TXT", "TXT", [], 0, 2],
  ] as const)("%s", async (_, type, answers, laterMs, times) => {
    expect(await timesAsked(type, [...answers], laterMs)).toBe(times);
  });

  it("keeps unchecked answers apart", async () => {
    await using fake = await startFakeDns();
    fake.on("A www.example.test", www);
    const resolver = resolverFor(fake);
    await resolver.query("www.example.test", "A");
    await resolver.query("www.example.test", "A", { checkingDisabled: true });
    expect(fake.asked).toHaveLength(2);
  });
});

describe("the same question at the same time", () => {
  const answer = { rcode: "NOERROR", answers: [], authorities: [] } as unknown as DnsAnswer;

  function slow() {
    const asked = Promise.withResolvers<DnsAnswer>();
    const signals: AbortSignal[] = [];
    const exchange: Exchange = (_question, _server, { signal } = {}) => {
      if (signal) signals.push(signal);
      return asked.promise;
    };
    const servers = [{ host: "192.0.2.1", port: 53 }];
    return { resolver: createResolver({ servers, exchange }), asked, signals };
  }

  it("is sent once", async () => {
    const { resolver, asked, signals } = slow();
    const both = [resolver.query("a.test", "TXT"), resolver.query("A.test", "TXT")];
    asked.resolve(answer);
    expect(await Promise.all(both)).toEqual([answer, answer]);
    expect(signals).toHaveLength(1);
  });

  it("goes on for one when the other leaves, and ends with the last", async () => {
    const { resolver, signals } = slow();
    const aborts = [new AbortController(), new AbortController()];
    const asked = aborts.map(({ signal }) => resolver.query("a.test", "TXT", { signal }));
    aborts[0]?.abort(new Error("first left"));
    await expect(asked[0]).rejects.toThrow("first left");
    expect(signals[0]?.aborted).toBe(false);
    aborts[1]?.abort(new Error("second left"));
    await expect(asked[1]).rejects.toThrow("second left");
    expect(signals[0]?.aborted).toBe(true);
  });

  it("fails for all alike", async () => {
    const { resolver, asked } = slow();
    const both = [resolver.query("a.test", "TXT"), resolver.query("a.test", "TXT")];
    asked.reject(new TypeError("a bug"));
    for (const each of both) await expect(each).rejects.toThrow("a bug");
  });
});

it("ends with the signal it was made with", async () => {
  await using fake = await startFakeDns();
  const abort = new AbortController();
  fake.on("A x.test", () => {
    abort.abort(new Error("over"));
    return [];
  });
  const resolver = createResolver({ servers: [fake.server], signal: abort.signal });
  await expect(resolver.query("x.test", "A")).rejects.toThrow("over");
});
