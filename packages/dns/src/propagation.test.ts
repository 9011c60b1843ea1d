import { describe, expect, it } from "vitest";
import { dnsError } from "./errors.ts";
import type { Exchange } from "./exchange.ts";
import { watchTxt } from "./propagation.ts";
import type { PlainServer } from "./server.ts";
import { answerOf, host, name, scripted } from "./testing/scripted-watch.ts";

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
