import dnsPacket from "dns-packet";
import { afterEach, expect, it, vi } from "vitest";
import { exchange as exchangeWithin } from "./exchange.ts";
import type { Question } from "./message.ts";
import { type FakeReply, type RawReply, rawReply, rcodes, replyTo, startFakeDns, txt } from "./testing/fake-dns.ts";
import { isNoRoute } from "./transport.ts";

const question: Question = { name: "x.test", type: "TXT" };
const reply: FakeReply = { answers: [txt("x.test", "value")] };
const values = { answers: [{ value: "value" }] };
const signal = new AbortController().signal;

/** However busy the machine is, no question is lost that a test does not lose: the first try alone has a minute. */
const exchange: typeof exchangeWithin = (asked, server, options = {}) =>
  exchangeWithin(asked, server, { timeoutMs: 300_000, ...options });

/** From now on time passes when the function returned is called: all that a try may take, at once. */
function stopTime(): () => void {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  return () => void vi.advanceTimersByTime(300_000);
}
afterEach(() => void vi.useRealTimers());

it.each(["127.0.0.1", "::1"] as const)("asks over UDP at %s", async (host) => {
  await using fake = await startFakeDns({ host });
  fake.on("TXT x.test", reply);
  expect(await exchange(question, fake.server, { signal })).toMatchObject(values);
  expect(fake.asked).toEqual(["udp TXT x.test"]);
});

it("asks over TCP when told to", async () => {
  await using fake = await startFakeDns();
  fake.on("TXT x.test", reply);
  expect(await exchange(question, fake.server, { transport: "tcp" })).toMatchObject(values);
  expect(fake.asked).toEqual(["tcp TXT x.test"]);
});

it("resolves a server given by name", async () => {
  await using fake = await startFakeDns();
  fake.on("TXT x.test", reply);
  expect(await exchange(question, { ...fake.server, host: "localhost" }, { transport: "tcp" })).toMatchObject(values);
});

it("asks again over TCP when the answer is truncated", async () => {
  await using fake = await startFakeDns();
  fake.on("TXT x.test", { truncated: true }, reply);
  expect(await exchange(question, fake.server)).toMatchObject({ ...values, truncated: false });
  expect(fake.asked).toEqual(["udp TXT x.test", "tcp TXT x.test"]);
});

it("gives the truncated answer when only UDP is wanted", async () => {
  await using fake = await startFakeDns();
  fake.on("TXT x.test", { truncated: true });
  expect(await exchange(question, fake.server, { transport: "udp" })).toMatchObject({ truncated: true });
});

it("says that TCP is blocked", async () => {
  await using fake = await startFakeDns({ tcp: false });
  fake.on("TXT x.test", { truncated: true });
  await expect(exchange(question, fake.server)).rejects.toMatchObject({
    code: "DNS_TRUNCATED_TCP_FAILED",
    message: expect.stringContaining(`127.0.0.1:${fake.server.port}`),
    hint: expect.stringContaining("TCP port 53"),
  });
});

it("refuses an answer that is truncated over TCP too", async () => {
  await using fake = await startFakeDns();
  fake.on("TXT x.test", { truncated: true });
  await expect(exchange(question, fake.server)).rejects.toMatchObject({ code: "DNS_TRUNCATED_TCP_FAILED" });
});

it("sends a lost question again, with another id", async () => {
  await using fake = await startFakeDns();
  const passTime = stopTime();
  const ids: number[] = [];
  const lost: RawReply = (query) => {
    ids.push(query.readUInt16BE(0));
    passTime();
    return [];
  };
  const answered: RawReply = (query) => {
    ids.push(query.readUInt16BE(0));
    return [replyTo(dnsPacket.decode(query), reply)];
  };
  fake.on("TXT x.test", lost, lost, answered);
  expect(await exchange(question, fake.server)).toMatchObject(values);
  expect(ids).toHaveLength(3);
  expect(new Set(ids).size).toBe(3);
});

it("ignores forged and broken answers and takes the right one behind them", async () => {
  await using fake = await startFakeDns();
  fake.on("TXT x.test", (bytes) => {
    const query = dnsPacket.decode(bytes);
    const forged = replyTo({ ...query, id: ((query.id ?? 0) + 1) % 65_536 }, { answers: [txt("x.test", "forged")] });
    const other = replyTo({ ...query, questions: [{ name: "X.test", type: "TXT" }] }, reply);
    return [forged, other, Buffer.from("garbage"), replyTo(query, reply)];
  });
  expect(await exchange(question, fake.server)).toMatchObject(values);
});

it("says so when nothing but broken answers come", async () => {
  await using fake = await startFakeDns();
  fake.on(
    "TXT x.test",
    rawReply(reply, (bytes) => bytes.subarray(0, -1)),
  );
  await expect(exchange(question, fake.server, { timeoutMs: 1_000 })).rejects.toMatchObject({ code: "DNS_BAD_ANSWER" });
});

it.each(["udp", "tcp"] as const)("times out on a server that is silent over %s", async (transport) => {
  await using fake = await startFakeDns();
  const passTime = stopTime();
  fake.on("TXT x.test", () => {
    passTime();
    return [];
  });
  await expect(exchange(question, fake.server, { transport })).rejects.toMatchObject({
    code: "DNS_TIMEOUT",
    retryable: true,
    message: expect.stringContaining(`127.0.0.1:${fake.server.port}`),
  });
  expect(fake.asked).toHaveLength(transport === "udp" ? 3 : 1);
});

it("notices a closed port", async () => {
  const fake = await startFakeDns();
  await fake[Symbol.asyncDispose]();
  for (const transport of ["udp", "tcp"] as const) {
    const error = await exchange(question, fake.server, { transport }).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: "DNS_UNREACHABLE", message: expect.stringContaining("ECONNREFUSED") });
    expect(isNoRoute(error)).toBe(false);
  }
});

it("tells a missing route from a dead server", () => {
  const cause = Object.assign(new Error("connect ENETUNREACH"), { code: "ENETUNREACH" });
  expect(isNoRoute(new Error("x", { cause }))).toBe(true);
  expect(isNoRoute(new Error("x"))).toBe(false);
});

it("fails cleanly on a port that does not exist", async () => {
  const server = { host: "127.0.0.1", port: 70_000 };
  await expect(exchange(question, server)).rejects.toMatchObject({ code: "DNS_UNREACHABLE" });
});

it("asks a server that does not know EDNS without it", async () => {
  await using fake = await startFakeDns();
  const counts: number[] = [];
  fake.on("TXT x.test", (bytes) => {
    const query = dnsPacket.decode(bytes);
    counts.push(query.additionals?.length ?? 0);
    return [replyTo(query, counts.length === 1 ? { rcode: 1 } : reply)];
  });
  expect(await exchange(question, fake.server)).toMatchObject(values);
  expect(counts).toEqual([1, 0]);
});

it.each(["servfail", "refused", "nxdomain"] as const)("gives %s as an answer", async (name) => {
  await using fake = await startFakeDns();
  fake.on("TXT x.test", { rcode: rcodes[name] });
  expect(await exchange(question, fake.server)).toMatchObject({ rcode: name.toUpperCase() });
});

it.each(["udp", "tcp"] as const)("stops on abort over %s", async (transport) => {
  await using fake = await startFakeDns();
  const abort = new AbortController();
  fake.on("TXT x.test", () => {
    abort.abort(new Error("enough"));
    return [];
  });
  await expect(exchange(question, fake.server, { transport, signal: abort.signal })).rejects.toThrow("enough");
  await expect(exchange(question, fake.server, { transport, signal: abort.signal })).rejects.toThrow("enough");
});

it("gives up on a server that is silent over TCP after it truncated its answer", async () => {
  await using fake = await startFakeDns();
  const passTime = stopTime();
  fake.on("TXT x.test", (query, transport) => {
    if (transport === "udp") return [replyTo(dnsPacket.decode(query), { truncated: true })];
    passTime();
    return [];
  });
  await expect(exchange(question, fake.server)).rejects.toMatchObject({ code: "DNS_TRUNCATED_TCP_FAILED" });
});

const https = { url: "https://dns.example/dns-query" };

function doh(respond: (query: Buffer, init: RequestInit) => Response | Promise<Response>) {
  return vi.fn(async (_url: unknown, init: RequestInit = {}) => respond(Buffer.from(init.body as Uint8Array), init));
}

const dnsMessage = { "content-type": "application/dns-message" };

it("asks over HTTPS", async () => {
  const fetch = doh(
    (query) => new Response(new Uint8Array(replyTo(dnsPacket.decode(query), reply)), { headers: dnsMessage }),
  );
  expect(await exchange(question, https, { fetch: fetch as typeof globalThis.fetch })).toMatchObject(values);
  expect(fetch).toHaveBeenCalledExactlyOnceWith(
    https.url,
    expect.objectContaining({ method: "POST", redirect: "error" }),
  );
});

it.each([
  ["a web page", () => new Response("<html>", { headers: { "content-type": "text/html" } }), "DNS_BAD_ANSWER"],
  ["a status", () => new Response("no", { status: 500, headers: dnsMessage }), "DNS_BAD_ANSWER"],
  ["garbage", () => new Response("no", { headers: dnsMessage }), "DNS_BAD_ANSWER"],
  ["too much", () => new Response(new Uint8Array(70_000), { headers: dnsMessage }), "DNS_BAD_ANSWER"],
  [
    "no connection",
    () => Promise.reject(new TypeError("fetch failed", { cause: new Error("ECONNREFUSED") })),
    "DNS_UNREACHABLE",
  ],
  ["silence", (_: Buffer, init: RequestInit) => untilAborted(init.signal), "DNS_TIMEOUT"],
])("fails over HTTPS on %s", async (_, respond, code) => {
  const fetch = doh(respond) as unknown as typeof globalThis.fetch;
  const limits = code === "DNS_TIMEOUT" ? { timeoutMs: 100 } : {};
  await expect(exchange(question, https, { fetch, ...limits })).rejects.toMatchObject({ code });
});

function untilAborted(aborted: AbortSignal | null | undefined): Promise<never> {
  return new Promise((_, reject) => aborted?.addEventListener("abort", () => reject(aborted.reason)));
}
