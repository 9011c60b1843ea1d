import { once } from "node:events";
import { expect, onTestFinished, test, vi } from "vitest";
import { holdLease } from "./held-lease.ts";
import type { S3Options } from "./s3-options.ts";

const usual: S3Options = {
  endpoint: "https://s3.example.test",
  region: "us-east-1",
  bucket: "state",
  credentials: async () => ({ accessKeyId: "AKIA1", secretAccessKey: "secret" }),
  fetch: () => Promise.reject(new Error("nothing is sent")),
  now: () => 0,
  random: () => 0,
  retryMs: 1,
};
const about = { key: "lease", name: "a.test", id: "1", since: 0, etag: "0" };

/** A lease of this life that was just taken, over a service that answers each try of a renewal like this. */
function held(lifetime: number, fetch: (method: string, init: RequestInit) => Promise<Response>) {
  const times = { lifetime, renewEvery: 20, lookEvery: 10, abandonedAfter: 1000 };
  // Long, so that the life of the lease alone limits a try.
  const options = {
    ...usual,
    timeoutMs: 600_000,
    fetch: ((_url, init = {}) => fetch(init.method ?? "", init)) as typeof globalThis.fetch,
  };
  return holdLease(options, times, { ...about, at: performance.now() });
}

test("a renewal over a connection that went dead is sent again over another while the lease lives", async () => {
  const limits: { readonly milliseconds: number; readonly end: () => void }[] = [];
  vi.spyOn(AbortSignal, "timeout").mockImplementation((milliseconds) => {
    const limit = new AbortController();
    limits.push({ milliseconds, end: () => limit.abort(new Error("too late")) });
    return limit.signal;
  });
  onTestFinished(() => void vi.restoreAllMocks());
  const again = Promise.withResolvers<void>();
  let [tries, given] = [0, 0];
  await using lease = held(60_000, async (method, { signal }) => {
    if (method === "DELETE") return new Response(null, { status: 204 });
    tries += 1;
    if (tries === 1) {
      // The time of this try is over, which is the shortest there is.
      const [shortest] = limits.toSorted((one, other) => one.milliseconds - other.milliseconds);
      given = shortest?.milliseconds ?? 0;
      shortest?.end();
    }
    signal?.throwIfAborted();
    again.resolve();
    return new Response(null, { headers: { etag: String(tries) } });
  });
  await again.promise;
  expect([tries, lease.lost.aborted]).toEqual([2, false]);
  // Of fifty seconds.
  expect(given).toBeLessThanOrEqual(25_000);
});

test("a renewal that was carried out although nobody heard so is ours", async () => {
  const renewed = Promise.withResolvers<void>();
  let [etag, body, unheard] = [0, "", 0];
  await using lease = held(600_000, async (method, { headers, body: sent }) => {
    if (method === "DELETE") return new Response(null, { status: 204 });
    // The first is carried out; then the service is away for as long as it is tried.
    if (etag > 0 && unheard < 6) {
      unheard += 1;
      throw new Error("away");
    }
    if (method === "GET") return new Response(body, { headers: { etag: String(etag) } });
    const isMet = new Headers(headers).get("if-match") === String(etag);
    if (!isMet) return new Response(null, { status: 412 });
    [etag, body] = [etag + 1, String(sent)];
    if (etag === 1) {
      unheard += 1;
      throw new Error("cut");
    }
    renewed.resolve();
    return new Response(null, { headers: { etag: String(etag) } });
  });
  const lost = once(lease.lost, "abort").then(() => "lost");
  expect(await Promise.race([renewed.promise.then(() => "renewed"), lost])).toBe("renewed");
});

test("a lease whose renewal hangs in its credentials is given up before others may take it", async () => {
  const options: S3Options = { ...usual, credentials: () => new Promise(() => {}) };
  const times = { lifetime: 120, renewEvery: 20, lookEvery: 10, abandonedAfter: 1000 };
  const { lost } = holdLease(options, times, { ...about, at: performance.now() });
  const keptAlive = setInterval(() => {}, 1000);
  try {
    if (!lost.aborted) await once(lost, "abort");
    expect(lost.reason).toMatchObject({ code: "STORE_LEASE_LOST" });
  } finally {
    clearInterval(keptAlive);
  }
});
