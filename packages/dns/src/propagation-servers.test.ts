import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { type TxtSighting, type WatchTxtOptions, watchTxt } from "./propagation.ts";
import type { DnsServer } from "./server.ts";
import { cname, rcodes, silent, soa, startFakeDns, txt } from "./testing/fake-dns.ts";

const name = "_acme-challenge.example.test";

describe("watchTxt against servers on loopback", () => {
  const clock = {
    now: () => performance.now(),
    sleep: async (ms: number, signal?: AbortSignal) => sleep(ms, undefined, { signal }),
  };
  const limits = { clock, firstMs: 0, timeoutMs: 200_000, queryTimeoutMs: 100_000, patienceMs: 0 };
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
    const more = state === "timeout" ? { queryTimeoutMs: 200 } : {};
    expect(await statesOf([good.server, bad.server], more)).toEqual(
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
    await expect(watchTxt({ ...limits, records }).visible[0]).resolves.toBeUndefined();
  });

  it("says that a CNAME stands in the way", async () => {
    await using fake = await startFakeDns();
    fake.on(`TXT ${name}`, { answers: [cname(name, "x.cdn.test"), txt("x.cdn.test", "value")] });
    const looked = new AbortController();
    const watch = watchTxt({
      ...limits,
      records: [{ name, value: "value", servers: [fake.server] }],
      signal: looked.signal,
      onState: ({ state, detail }) => looked.abort(new Error(`${state} ${detail}`)),
    });
    await expect(watch.visible[0]).rejects.toThrow("alias it has a CNAME to x.cdn.test there");
  });

  it("takes the value behind a CNAME from a resolver", async () => {
    await using fake = await startFakeDns();
    const answers = [cname(name, "x.cdn.test"), txt("x.cdn.test", "value")];
    fake.on(`TXT ${name}`, { authoritative: false, answers });
    expect(await statesOf([fake.server], { recursive: true })).toEqual([`${fake.server.port} seen`]);
    expect(await statesOf([{ ...fake.server, recursive: true }])).toEqual([`${fake.server.port} seen`]);
  });
});
