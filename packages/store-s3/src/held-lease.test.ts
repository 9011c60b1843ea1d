import { once } from "node:events";
import { expect, test } from "vitest";
import { holdLease } from "./held-lease.ts";
import type { S3Options } from "./s3-options.ts";

test("a lease whose renewal hangs in its credentials is given up before others may take it", async () => {
  const options: S3Options = {
    endpoint: "https://s3.example.test",
    region: "us-east-1",
    bucket: "state",
    credentials: () => new Promise(() => {}),
    fetch: () => Promise.reject(new Error("nothing is sent")),
    now: () => 0,
    random: () => 0,
  };
  const times = { lifetime: 120, renewEvery: 20, lookEvery: 10, abandonedAfter: 1000 };
  const about = { key: "lease", name: "a.test", id: "1", since: 0, etag: "first" };
  const { lost } = holdLease(options, times, { ...about, at: performance.now() });
  const keptAlive = setInterval(() => {}, 1000);
  try {
    if (!lost.aborted) await once(lost, "abort");
    expect(lost.reason).toMatchObject({ code: "STORE_LEASE_LOST" });
  } finally {
    clearInterval(keptAlive);
  }
});
