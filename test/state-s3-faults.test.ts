import { sealedStore, sealKey } from "@certwright/core/store";
import { s3Store } from "@certwright/store-s3";
import { type Moto, startMoto } from "@certwright/tools/servers";
import { afterAll, beforeAll, expect, test } from "vitest";
import { makeBucket } from "./bucket.ts";
import { type Fault, startS3Proxy } from "./s3-proxy.ts";

let moto: Moto;
let proxy: Awaited<ReturnType<typeof startS3Proxy>>;
beforeAll(async () => {
  moto = await startMoto();
  proxy = await startS3Proxy(moto.endpoint);
});
afterAll(async () => {
  await proxy[Symbol.asyncDispose]();
  await moto.stop();
});

const signal = new AbortController().signal;
const bytes = (text: string): Uint8Array => Buffer.from(text);

/** A store behind the proxy, past its proof, and faults for a number of requests of one method. */
async function behind() {
  proxy.fault = () => undefined;
  const bucket = await makeBucket(moto, proxy.endpoint);
  const store = s3Store(bucket.options);
  await store.write("a", bytes("before"));
  proxy.take();
  const fail = (fault: Fault, { method = "", times = Number.POSITIVE_INFINITY } = {}): void => {
    let left = times;
    proxy.fault = (passing) => {
      if (method !== "" && passing.method !== method) return undefined;
      left -= 1;
      return left < 0 ? undefined : fault;
    };
  };
  return { ...bucket, store, fail };
}

const refusals: readonly (readonly [what: string, fault: Fault, code: string, message: string, hint: string])[] = [
  [
    "a bucket that is not there",
    { status: 404, code: "NoSuchBucket" },
    "STORE_NO_BUCKET",
    "there is no bucket",
    "Make it first",
  ],
  [
    "an unknown key",
    { status: 403, code: "InvalidAccessKeyId" },
    "STORE_BAD_CREDENTIALS",
    "InvalidAccessKeyId",
    "session token",
  ],
  [
    "a wrong secret",
    { status: 403, code: "SignatureDoesNotMatch" },
    "STORE_BAD_CREDENTIALS",
    "SignatureDoesNotMatch",
    "secret",
  ],
  ["a token that is over", { status: 400, code: "ExpiredToken" }, "STORE_BAD_CREDENTIALS", "ExpiredToken", "expired"],
  [
    "a right that is missing",
    { status: 403, code: "AccessDenied" },
    "STORE_FORBIDDEN",
    "refuses access",
    "s3:PutObject",
  ],
  ["another region", { status: 301, code: "PermanentRedirect" }, "STORE_OPTIONS", "region", "own region"],
  [
    "a clock that is off",
    {
      status: 403,
      code: "RequestTimeTooSkewed",
      headers: { date: new Date(Date.now() + 3 * 3_600_000).toUTCString() },
    },
    "STORE_CLOCK",
    "3 h behind the service's",
    "Set the clock",
  ],
  [
    "a service that is asked too much",
    { status: 503, code: "SlowDown" },
    "STORE_BUSY",
    "SlowDown",
    "fewer certificates",
  ],
  ["a service that fails", { status: 500, code: "InternalError" }, "STORE_FAILED", "InternalError", "half-written"],
  ["a network that is cut", "cut-before", "STORE_UNREACHABLE", "cannot be reached", "half-written"],
];

test.each(refusals)("%s is told for what it is, and nothing is changed", async (_what, fault, code, message, hint) => {
  const { store, fail } = await behind();
  fail(fault);
  const expected = { code, message: expect.stringContaining(message), hint: expect.stringContaining(hint) };
  await expect(store.read("a")).rejects.toMatchObject(expected);
  await expect(store.write("a", bytes("after"))).rejects.toMatchObject(expected);
  await expect(store.lease("work", { signal })).rejects.toMatchObject(expected);
  await expect(store.list("")).rejects.toMatchObject(expected);
  proxy.fault = () => undefined;
  expect(Buffer.from((await store.read("a"))?.bytes ?? []).toString()).toBe("before");
});

test.each(["cut-before", "cut-after"] as const)(
  "what is cut once (%s) is done once, and its writer knows",
  async (cut) => {
    const { store, fail } = await behind();
    const once = { method: "PUT", times: 1 };
    fail(cut, once);
    const version = await store.write("new", bytes("one"), { ifVersion: null });
    fail(cut, once);
    const next = await store.write("new", bytes("two"), { ifVersion: version });
    expect(await store.read("new")).toMatchObject({ version: next });
    fail(cut, once);
    const lease = await store.lease("work", { signal });
    fail(cut, { method: "DELETE", times: 1 });
    await lease.release();
    await (await store.lease("work", { signal })).release();
    // Somebody else's write in between is a conflict as ever.
    fail("cut-before", once);
    await expect(store.write("new", bytes("three"), { ifVersion: version })).rejects.toMatchObject({
      code: "STORE_CONFLICT",
    });
  },
);

test("a service that is busy for a moment is waited for", async () => {
  const { store, fail } = await behind();
  fail({ status: 503, code: "SlowDown" }, { times: 3 });
  await store.write("a", bytes("after"));
  expect(proxy.take().filter(({ method }) => method === "PUT")).toHaveLength(4);
});

test.each([
  ["takes conditions and ignores them", "unconditional"],
  ["knows no conditions", { status: 501, code: "NotImplemented" }],
] as const)("a service that %s is found out before anything is trusted to it", async (_what, fault) => {
  const { options, keys } = await makeBucket(moto, proxy.endpoint);
  proxy.fault = ({ headers }) => ((headers["if-match"] ?? headers["if-none-match"]) === undefined ? undefined : fault);
  const store = s3Store(options);
  const refused = { code: "STORE_NOT_CONDITIONAL", hint: expect.stringContaining("If-None-Match") };
  await expect(store.lease("work", { signal })).rejects.toMatchObject(refused);
  await expect(store.write("a", bytes("a"))).rejects.toMatchObject(refused);
  await expect(store.append("a", bytes("a"))).rejects.toMatchObject(refused);
  await expect(store.point("a", "b")).rejects.toMatchObject(refused);
  expect(await keys()).toEqual([]);
});

test("a holder that cannot renew its lease is stopped before another may take it", async () => {
  const { options, fail } = await behind();
  const times = { lifetime: 900, renewEvery: 150, lookEvery: 20 };
  const lease = await s3Store({ ...options, lease: times }).lease("work", { signal });
  fail("cut-before", { method: "PUT" });
  const stopped = new Promise<number>((resolve) => {
    lease.lost.addEventListener("abort", () => resolve(performance.now()), { once: true });
  });
  const other = s3Store({ ...options, endpoint: moto.endpoint, lease: times });
  const taken = await other.lease("work", { signal, waitMs: 120_000 });
  expect(performance.now()).toBeGreaterThan(await stopped);
  expect(lease.lost.reason).toMatchObject({ code: "STORE_LEASE_LOST" });
  proxy.fault = () => undefined;
  // Its release does not let the other's go.
  await lease.release();
  await expect(other.lease("work", { signal })).rejects.toMatchObject({ code: "STORE_LOCKED" });
  await taken.release();
});

test("what was abandoned long ago is free at once; who is unsure waits until it knows", async () => {
  const { options } = await behind();
  const times = { lifetime: 600, renewEvery: 100, lookEvery: 20 };
  // Renewed all the time, and far from its end, however slowly anybody looks.
  const long = { ...options, lease: { ...times, lifetime: 60_000 } };
  const living = await s3Store(long).lease("living", { signal });
  const dead = { ...options, lease: { ...times, renewEvery: 1_000_000 } };
  await s3Store(dead).lease("dead", { signal });
  await s3Store(dead).lease("old", { signal });
  const store = s3Store({ ...options, lease: times });
  await expect(s3Store(long).lease("living", { signal, whileUnsure: true })).rejects.toMatchObject({
    code: "STORE_LOCKED",
  });
  await expect(store.lease("dead", { signal })).rejects.toMatchObject({ holder: { freeBy: expect.any(Number) } });
  await (await store.lease("dead", { signal, whileUnsure: true })).release();
  await expect(s3Store(options).lease("old", { signal })).rejects.toMatchObject({ code: "STORE_LOCKED" });
  proxy.fault = () => "aged";
  await (await s3Store(options).lease("old", { signal })).release();
  proxy.fault = () => undefined;
  await living.release();
});

test("an object that was changed, cut short or moved is refused", async () => {
  const { store } = await behind();
  const keys = { current: sealKey(Buffer.alloc(32, 1).toString("base64")) };
  const sealed = sealedStore(store, keys);
  await sealed.write("one", bytes("one"));
  await sealed.write("two", bytes("two"));
  const one = (await store.read("one"))?.bytes ?? new Uint8Array();
  await store.write("two", one);
  await expect(sealed.read("two")).rejects.toMatchObject({ code: "STORE_CORRUPT" });
  await store.write("one", one.subarray(0, -1));
  await expect(sealed.read("one")).rejects.toMatchObject({ code: "STORE_CORRUPT" });
});
