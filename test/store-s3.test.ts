import { sealedStore, sealKey } from "@certwright/core/store";
import { storeConformance } from "@certwright/core/store-conformance";
import { type S3StoreOptions, s3Store } from "@certwright/store-s3";
import { type Moto, startMoto } from "@certwright/tools/servers";
import { afterAll, beforeAll, expect, test } from "vitest";
import { makeBucket } from "./bucket.ts";

let moto: Moto;
beforeAll(async () => {
  moto = await startMoto();
});
afterAll(() => moto.stop());

/** A bucket of its own for every test, with leases that live as long as the test or, where it waits for their end, a moment. */
async function bucketOptions(lifetime = 300_000): Promise<S3StoreOptions> {
  const { options } = await makeBucket(moto);
  return { ...options, prefix: "state/of one", lease: { lifetime, renewEvery: 150, lookEvery: 20 } };
}

storeConformance({
  test,
  open: async () => {
    const options = await bucketOptions();
    return { client: async () => s3Store(options) };
  },
});

test("sealed, the bucket holds no key in the clear; unsealed, it takes none", async () => {
  const { allowPlainSecrets: _, ...options } = await bucketOptions();
  const plain = s3Store(options);
  const secret = Buffer.from("-----BEGIN PRIVATE KEY-----");
  await expect(plain.write("a/key.pem", secret, { secret: true })).rejects.toMatchObject({
    code: "STORE_SECRET_REFUSED",
  });
  const sealed = sealedStore(plain, { current: sealKey(Buffer.alloc(32, 7).toString("base64")) });
  await sealed.write("a/key.pem", secret, { secret: true });
  expect(Buffer.from((await sealed.read("a/key.pem"))?.bytes ?? [])).toEqual(secret);
  expect(Buffer.from((await plain.read("a/key.pem"))?.bytes ?? []).includes("PRIVATE")).toBe(false);
});

test("a lease whose holder died is free after its lifetime; a holder that was overtaken is told", async () => {
  const options = await bucketOptions(600);
  const signal = new AbortController().signal;
  // One that is never renewed: as if the process had been killed.
  await s3Store({ ...options, lease: { ...options.lease, renewEvery: 1_000_000 } }).lease("work", { signal });
  await expect(s3Store(options).lease("work", { signal })).rejects.toMatchObject({
    code: "STORE_LOCKED",
    holder: { pid: process.pid },
  });
  const second = await s3Store(options).lease("work", { signal, waitMs: 120_000 });
  const leases = s3Store({ ...options, prefix: `${options.prefix}/.certwright/leases` });
  await leases.write("work", Buffer.from("somebody else"));
  await expect.poll(() => second.lost.aborted).toBe(true);
  await second.release();
});

test("more than a thousand names are listed to the end", async () => {
  const options = await bucketOptions();
  const store = s3Store(options);
  const names = Array.from({ length: 1100 }, (_, index) => `n${String(index).padStart(4, "0")}`);
  for (let start = 0; start < names.length; start += 50) {
    await Promise.all(names.slice(start, start + 50).map((name) => store.write(`many/${name}`, Buffer.from("x"))));
  }
  expect(await store.list("many")).toEqual(names);
});

test("a bucket that is not there and a service that is away are named", async () => {
  const options = await bucketOptions();
  await expect(s3Store({ ...options, bucket: "certwright-nowhere" }).read("a")).rejects.toMatchObject({
    code: "STORE_NO_BUCKET",
    message: expect.stringContaining("no bucket"),
  });
  await expect(s3Store({ ...options, endpoint: "http://127.0.0.1:9" }).read("a")).rejects.toMatchObject({
    code: "STORE_UNREACHABLE",
    message: expect.stringContaining("cannot be reached"),
  });
});
