import { hostname } from "node:os";
import {
  type Condition,
  checkFolder,
  checkKey,
  checkSize,
  checkTarget,
  conflict,
  type Store,
  type Stored,
  StoreError,
} from "@certwright/core/store";
import { callS3 } from "./s3-client.ts";
import { type LeaseTimes, s3Leases } from "./s3-lease.ts";
import { listFolder } from "./s3-list.ts";
import { type S3Options, withPrefix } from "./s3-options.ts";
import { conditionsProof } from "./s3-proof.ts";
import { etagOf, putObject } from "./s3-put.ts";

/** A bucket as state. */
export interface S3StoreOptions extends S3Options {
  readonly lease?: Partial<LeaseTimes>;
  /** Name of this machine among those that share the bucket. Default: that of the system. */
  readonly machine?: string;
  /** The user allows private keys in the bucket without encryption of ours. Default false: see `sealedStore`. */
  readonly allowPlainSecrets?: boolean;
}

/**
 * State in an S3 bucket. Versions are the service's ETags; conditional writes (`If-Match`, `If-None-Match`) make compare-and-swap,
 * and leases are objects that their holder renews. That the service honours both conditions is proved before the first change.
 */
export function s3Store(options: S3StoreOptions): Store {
  const proven = conditionsProof(options);
  const takeLease = s3Leases(options, options.lease);

  const get = async (key: string): Promise<Stored | undefined> => {
    const answer = await callS3(options, { method: "GET", key });
    return answer.status === 404 ? undefined : { bytes: answer.body, version: etagOf(answer) };
  };
  const put = async (key: string, bytes: Uint8Array, { ifVersion }: Condition): Promise<string> => {
    await proven();
    const condition = ifVersion === undefined ? "always" : ifVersion === null ? "absent" : { ifEtag: ifVersion };
    const etag = await putObject(options, key, bytes, condition);
    if (etag === undefined) throw conflict(key, ifVersion ?? null);
    return etag;
  };
  const checkSecret = (key: string, secret = false): void => {
    if (!secret || options.allowPlainSecrets === true) return;
    throw new StoreError("STORE_SECRET_REFUSED", `${key} is secret, and the bucket would keep it in the clear`, {
      key,
      hint: "Give an encryption key for the state.",
    });
  };

  return {
    machine: options.machine ?? hostname(),
    async read(key) {
      checkKey(key);
      return await get(key);
    },
    async readThrough(pointer, leaf) {
      checkKey(`${pointer}/${leaf}`);
      const target = await get(pointer);
      return target === undefined ? undefined : await get(neighbour(pointer, `${Buffer.from(target.bytes)}/${leaf}`));
    },
    async write(key, bytes, settings = {}) {
      checkKey(key);
      checkSize(key, bytes.length);
      checkSecret(key, settings.secret);
      return await put(key, bytes, settings);
    },
    async append(key, bytes, settings = {}) {
      checkKey(key);
      checkSecret(key, settings.secret);
      const before = await get(key);
      const whole = Buffer.concat([before?.bytes ?? new Uint8Array(), bytes]);
      checkSize(key, whole.length);
      await put(key, whole, { ifVersion: before?.version ?? null });
    },
    async point(key, target, settings = {}) {
      checkKey(key);
      checkTarget(key, target);
      return await put(key, Buffer.from(target), settings);
    },
    async remove(key, { ifVersion } = {}) {
      checkKey(key);
      if (ifVersion !== undefined) {
        // Few services honour conditions on DELETE, so it is looked at first; removals are made under a lease anyway.
        const current = await get(key);
        if ((current?.version ?? null) !== ifVersion) throw conflict(key, ifVersion);
        if (current === undefined) return;
      }
      await callS3(options, { method: "DELETE", key });
    },
    async list(folder) {
      checkFolder(folder);
      return await listFolder(options, folder);
    },
    async lease(name, settings) {
      settings.signal.throwIfAborted();
      await proven();
      return await takeLease(name, settings);
    },
    locate: (key) => `s3://${options.bucket}/${withPrefix(options, key)}`,
  };
}

function neighbour(key: string, name: string): string {
  return `${key.slice(0, key.lastIndexOf("/") + 1)}${name}`;
}
