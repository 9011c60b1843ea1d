import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { dnsError } from "./errors.ts";
import type { Exchange } from "./exchange.ts";
import { cname, rcodes, silent, soa, startFakeDns, txt } from "./fake-dns.fixture.ts";
import type { DnsAnswer } from "./message.ts";
import { type TxtSighting, type WatchTxtOptions, watchTxt } from "./propagation.ts";
import { waitForTxt } from "./propagation-modes.ts";
import type { DnsServer, PlainServer } from "./server.ts";
import { virtualClock } from "./virtual-clock.fixture.ts";

const name = "_acme-challenge.example.test";
const host = (index: number): PlainServer => ({ host: `192.0.2.${index}`, port: 53 });
const answerOf = (values: readonly string[], more: Partial<DnsAnswer> = {}): DnsAnswer => ({
  rcode: values.length === 0 ? "NXDOMAIN" : "NOERROR",
  authoritative: true,
  truncated: false,
  authenticData: false,
  answers: values.map((value) => ({ type: "TXT", name, ttl: 1, value })),
  authorities: [],
  additionals: [],
  extendedErrors: [],
  ...more,
});

/** A watch in virtual time over servers that show values from given moments on: `{ host: { value: ms } }`. */
function scripted(
  script: Readonly<Record<string, Readonly<Record<string, number>>>>,
  options: Partial<WatchTxtOptions> = {},
) {
  const clock = virtualClock();
  const asked: { at: number; host: string; recursive: boolean | undefined }[] = [];
  const sightings: TxtSighting[] = [];
  const exchange: Exchange = async (_question, server, { recursive } = {}) => {
    const { host: from } = server as PlainServer;
    asked.push({ at: clock.now(), host: from, recursive });
    const shown = Object.entries(script[from] ?? {}).filter(([, since]) => since <= clock.now());
    return answerOf(shown.map(([value]) => value));
  };
  const settings = {
    clock,
    exchange,
    timeoutMs: 60_000,
    random: () => 0.5,
    onState: (s: TxtSighting) => sightings.push(s),
  };
  return { clock, asked, sightings, options: { ...settings, records: [], ...options } satisfies WatchTxtOptions };
}

describe("watchTxt in virtual time", () => {
  it("looks after 100 ms, then at growing intervals up to ten seconds", async () => {
    const { asked, clock, options } = scripted({ "192.0.2.1": { value: 50_000 } });
    await watchTxt({ ...options, records: [{ name, value: "value", servers: [host(1)] }] }).visible[0];
    const times = asked.map(({ at }) => Math.round(at));
    expect(times.slice(0, 5)).toEqual([100, 200, 350, 575, 913]);
    expect(times.at(-1)! - times.at(-2)!).toBe(10_000);
    expect(clock.now()).toBeLessThan(61_000);
    expect(asked.every(({ recursive }) => recursive === false)).toBe(true);
  });

  it("looks at once when told to", async () => {
    const { asked, options } = scripted({ "192.0.2.1": { value: 0 } }, { firstMs: 0 });
    await watchTxt({ ...options, records: [{ name, value: "value", servers: [host(1)] }] }).visible[0];
    expect(asked).toMatchObject([{ at: 0 }]);
  });

  it("spreads its pauses", async () => {
    const { asked, options } = scripted({ "192.0.2.1": { value: 199 } }, { random: () => 0 });
    await watchTxt({ ...options, records: [{ name, value: "value", servers: [host(1)] }] }).visible[0];
    expect(asked.map(({ at }) => Math.round(at))).toEqual([100, 190, 325]);
  });

  it("waits for the one of four that is stale for three seconds", async () => {
    const show = { value: 0 };
    const script = { "192.0.2.1": show, "192.0.2.2": show, "192.0.2.3": show, "192.0.2.4": { old: 0, value: 3000 } };
    const { clock, sightings, asked, options } = scripted(script);
    await watchTxt({ ...options, records: [{ name, value: "value", servers: [1, 2, 3, 4].map(host) }] }).visible[0];
    expect(clock.now()).toBeGreaterThanOrEqual(3000);
    expect(clock.now()).toBeLessThan(5000);
    expect(sightings.map(({ server, state, detail }) => `${server} ${state} ${detail}`.trim())).toEqual([
      "192.0.2.1:53 seen",
      "192.0.2.2:53 seen",
      "192.0.2.3:53 seen",
      '192.0.2.4:53 other "old"',
      "192.0.2.4:53 seen",
    ]);
    expect(asked.filter(({ host: from }) => from !== "192.0.2.4")).toHaveLength(3);
  });

  it("settles each record when its own value is seen, two at one name with one question", async () => {
    const { clock, asked, options } = scripted({ "192.0.2.1": { one: 0, two: 1000 } });
    const servers = [host(1)];
    const records = ["one", "two"].map((value) => ({ name, value, servers }));
    const { visible } = watchTxt({ ...options, records });
    const times = await Promise.all(visible.map((promise) => promise.then(() => clock.now())));
    expect(times[0]).toBe(100);
    expect(times[1]).toBeGreaterThanOrEqual(1000);
    expect(new Set(asked.map(({ at }) => at)).size).toBe(asked.length);
  });

  it("fails at the deadline, naming each server and what it answered", async () => {
    const others = { a: 0, b: 0, c: 0, d: 0 };
    const { clock, options } = scripted({ "192.0.2.1": { value: 0 }, "192.0.2.2": others, "192.0.2.3": {} });
    const named: PlainServer = { ...host(2), name: "ns2.test" };
    const watch = watchTxt({
      ...options,
      timeoutMs: 5000,
      records: [{ name, value: "value", servers: [host(1), named, host(3)] }],
    });
    const error = await watch.visible[0]?.catch((reason: unknown) => reason);
    expect(error).toMatchObject({
      code: "DNS_PROPAGATION_TIMEOUT",
      failures: [{ code: "seen" }, { server: "ns2.test (192.0.2.2:53)", code: "other" }, { code: "absent" }],
      message: [
        `the TXT record ${name} with value "value" is not visible after 5 s: 192.0.2.1:53 has the value`,
        'ns2.test (192.0.2.2:53) has only other values: "a", "b", "c" and 1 more',
        "192.0.2.3:53 has no TXT record there",
      ].join("; "),
    });
    expect(clock.now()).toBe(5000);
  });

  it("lets one record fail and another succeed", async () => {
    const { options } = scripted({ "192.0.2.1": { one: 0 } });
    const records = ["one", "two"].map((value) => ({ name, value, servers: [host(1)] }));
    const [one, two] = await Promise.allSettled(watchTxt({ ...options, records }).visible);
    expect([one?.status, two?.status]).toEqual(["fulfilled", "rejected"]);
  });

  it("fails at once without any server, and has nothing to do without records", async () => {
    const { clock, options } = scripted({});
    const [lonely] = watchTxt({ ...options, records: [{ name, value: "value", servers: [] }] }).visible;
    await expect(lonely).rejects.toThrow("no server to ask");
    expect(watchTxt(options).visible).toEqual([]);
    expect(clock.now()).toBe(0);
  });

  it("asks a server listed twice once", async () => {
    const { asked, options } = scripted({ "192.0.2.1": { value: 0 } });
    await watchTxt({ ...options, records: [{ name, value: "value", servers: [host(1), host(1)] }] }).visible[0];
    expect(asked).toHaveLength(1);
  });

  it("refuses a bad name at once", () => {
    const { options } = scripted({});
    expect(() => watchTxt({ ...options, records: [{ name: "a..b", value: "v", servers: [host(1)] }] })).toThrow(
      expect.objectContaining({ code: "DNS_BAD_NAME" }),
    );
  });

  it("stops on abort", async () => {
    const { asked, options } = scripted({});
    const abort = new AbortController();
    const onState = () => abort.abort(new Error("enough"));
    const records = [{ name, value: "value", servers: [host(1)] }];
    await expect(watchTxt({ ...options, onState, signal: abort.signal, records }).visible[0]).rejects.toThrow("enough");
    expect(asked).toHaveLength(1);
  });

  it("does not swallow a bug", async () => {
    const { options } = scripted({});
    const exchange = () => Promise.reject(new TypeError("a bug"));
    const records = [{ name, value: "value", servers: [host(1)] }];
    await expect(watchTxt({ ...options, exchange, records }).visible[0]).rejects.toThrow("a bug");
  });

  it("asks many names of one server in batches, and a dead one only for the first batch", async () => {
    const { options } = scripted({});
    const names = Array.from({ length: 50 }, (_, index) => `n${index}.test`);
    const asked: string[] = [];
    const exchange: Exchange = async (question, server) => {
      const { host: from } = server as PlainServer;
      asked.push(from);
      if (from === "192.0.2.2") throw dnsError("DNS_TIMEOUT", "silence");
      return answerOf([], { rcode: "NOERROR", answers: [{ type: "TXT", name: question.name, ttl: 1, value: "v" }] });
    };
    const records = names.map((each) => ({ name: each, value: "v", servers: [host(1), host(2)] }));
    await Promise.all(watchTxt({ ...options, exchange, records }).visible);
    expect(asked.filter((from) => from === "192.0.2.1")).toHaveLength(50);
    expect(asked.filter((from) => from === "192.0.2.2").length % 16).toBe(0);
  });
});

describe("waitForTxt in virtual time", () => {
  const records = [{ name, value: "value", servers: [host(1)] }];

  it("does not wait when it is off", async () => {
    const { clock, asked, options } = scripted({});
    await Promise.all(waitForTxt({ type: "off" }, { ...options, records }).visible);
    expect([clock.now(), asked.length]).toEqual([0, 0]);
  });

  it("waits a fixed time and asks nobody", async () => {
    const { clock, asked, options } = scripted({});
    await Promise.all(waitForTxt({ type: "fixed", ms: 1234 }, { ...options, records }).visible);
    expect([clock.now(), asked.length]).toEqual([1234, 0]);
  });

  it("asks resolvers with recursion, and not before the zone's servers show the value", async () => {
    const { asked, options } = scripted({ "192.0.2.1": { value: 800 }, "192.0.2.9": { value: 0 } });
    await waitForTxt({ type: "watch", resolvers: [host(9)] }, { ...options, records }).visible[0];
    expect(asked.at(-1)).toMatchObject({ host: "192.0.2.9", recursive: true });
    expect(asked.filter(({ host: from }) => from === "192.0.2.9")).toHaveLength(1);
  });

  it("keeps to one deadline for both, and names the resolver", async () => {
    const { clock, options } = scripted({ "192.0.2.1": { value: 0 } }, { timeoutMs: 3000 });
    const watch = waitForTxt({ type: "watch", resolvers: [host(9)] }, { ...options, records });
    await expect(watch.visible[0]).rejects.toThrow("192.0.2.9:53 has no TXT record there");
    expect(clock.now()).toBe(3000);
  });

  it("is content with a part of the resolvers", async () => {
    const { options } = scripted({ "192.0.2.1": { value: 0 }, "192.0.2.8": { value: 0 } });
    const mode = { type: "watch", resolvers: [host(8), host(9)], resolverQuorum: 0.5 } as const;
    await expect(waitForTxt(mode, { ...options, records }).visible[0]).resolves.toBeUndefined();
  });

  it("watches the zone's servers alone by default", async () => {
    const { asked, options } = scripted({ "192.0.2.1": { value: 0 } });
    await waitForTxt({ type: "watch" }, { ...options, records }).visible[0];
    expect(asked).toHaveLength(1);
  });
});

describe("watchTxt against servers on loopback", () => {
  const clock = {
    now: () => performance.now(),
    sleep: async (ms: number, signal?: AbortSignal) => sleep(ms, undefined, { signal }),
  };
  const limits = { clock, firstMs: 0, timeoutMs: 5000, queryTimeoutMs: 40, patienceMs: 0 };
  const shown = { answers: [txt(name, "value")] };

  async function statesOf(servers: readonly DnsServer[], more: Partial<WatchTxtOptions> = {}): Promise<string[]> {
    const states: string[] = [];
    const onState = ({ server, state }: TxtSighting) => states.push(`${server.split(":").at(-1)} ${state}`);
    const watch = watchTxt({ ...limits, ...more, records: [{ name, value: "value", servers }], onState });
    await watch.visible[0];
    return states;
  }

  it.each([
    ["silent", silent, "timeout"],
    ["SERVFAIL", { rcode: rcodes.servfail }, "servfail"],
    ["REFUSED", { rcode: rcodes.refused }, "refused"],
    ["not authoritative", { ...shown, authoritative: false }, "lame"],
    ["truncated without TCP", { truncated: true }, "bad-answer"],
    ["NOTIMP", { rcode: rcodes.notimp }, "bad-answer"],
  ])("leaves out a server that is %s", async (_, reply, state) => {
    await using good = await startFakeDns();
    await using bad = await startFakeDns({ tcp: false });
    good.on(`TXT ${name}`, shown);
    bad.on(`TXT ${name}`, reply);
    expect(await statesOf([good.server, bad.server])).toEqual(
      expect.arrayContaining([`${good.server.port} seen`, `${bad.server.port} ${state}`]),
    );
    expect(bad.asked.length).toBeGreaterThanOrEqual(3);
  });

  it("leaves out a dead server, over IPv6 too", async () => {
    await using good = await startFakeDns({ host: "::1" });
    const dead = await startFakeDns();
    await dead[Symbol.asyncDispose]();
    good.on(`TXT ${name}`, shown);
    expect(await statesOf([good.server, dead.server])).toContain(`${dead.server.port} unreachable`);
  });

  it("waits for a server that comes back with old data", async () => {
    await using good = await startFakeDns();
    await using restarting = await startFakeDns();
    good.on(`TXT ${name}`, shown);
    const old = { answers: [txt(name, "old")] };
    restarting.on(`TXT ${name}`, { rcode: rcodes.servfail }, { rcode: rcodes.servfail }, old, shown);
    const { port } = restarting.server;
    const states = await statesOf([good.server, restarting.server]);
    expect(states.filter((state) => state.startsWith(`${port}`))).toEqual([
      `${port} servfail`,
      `${port} other`,
      `${port} seen`,
    ]);
  });

  it("is not held up by a zone that lets resolvers remember an absence for an hour", async () => {
    await using fake = await startFakeDns();
    const absent = { rcode: rcodes.nxdomain, authorities: [soa("example.test", 3600)] };
    fake.on(`TXT ${name}`, absent, absent, shown);
    const { port } = fake.server;
    expect(await statesOf([fake.server])).toEqual([`${port} absent`, `${port} seen`]);
  });

  it("reads long values and many values, over TCP where needed", async () => {
    await using fake = await startFakeDns();
    const long = "x".repeat(600);
    const many = Array.from({ length: 70 }, (_, index) => txt(name, `${index}`.padStart(43, "v")));
    const data = [long.slice(0, 255), long.slice(255, 510), long.slice(510)];
    const answers = [...many, { ...txt(name, ""), data } as never];
    fake.on(`TXT ${name}`, { truncated: true }, { answers });
    const records = [{ name, value: long, servers: [fake.server] }];
    await expect(watchTxt({ ...limits, queryTimeoutMs: 1000, records }).visible[0]).resolves.toBeUndefined();
  });

  it("says that a CNAME stands in the way", async () => {
    await using fake = await startFakeDns();
    fake.on(`TXT ${name}`, { answers: [cname(name, "x.cdn.test"), txt("x.cdn.test", "value")] });
    const watch = watchTxt({ ...limits, timeoutMs: 300, records: [{ name, value: "value", servers: [fake.server] }] });
    await expect(watch.visible[0]).rejects.toThrow("has a CNAME to x.cdn.test there");
  });

  it("takes the value behind a CNAME from a resolver", async () => {
    await using fake = await startFakeDns();
    const answers = [cname(name, "x.cdn.test"), txt("x.cdn.test", "value")];
    fake.on(`TXT ${name}`, { authoritative: false, answers });
    expect(await statesOf([fake.server], { recursive: true })).toEqual([`${fake.server.port} seen`]);
    expect(await statesOf([{ ...fake.server, recursive: true }])).toEqual([`${fake.server.port} seen`]);
  });
});
