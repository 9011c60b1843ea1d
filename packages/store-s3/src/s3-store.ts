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
  safeName,
} from "@certwright/core/store";
import { parseXml, reply } from "@certwright/provider";
import { callS3, type S3Answer, type S3Options } from "./s3-client.ts";
import { acquireLease, type LeaseTimes } from "./s3-lease.ts";

/** A bucket as state. */
export interface S3StoreOptions extends S3Options {
  readonly lease?: Partial<LeaseTimes>;
  /** The user allows private keys in the bucket without encryption of ours. Default false: see `sealedStore`. */
  readonly allowPlainSecrets?: boolean;
}

/**
 * State in an S3 bucket. Versions are the service's ETags; conditional writes (`If-Match`, `If-None-Match`) make compare-and-swap,
 * and leases are objects that their holder renews.
 *
 * The service must honour both conditions on PUT, as Amazon S3, MinIO, Ceph and R2 do.
 */
export function s3Store(options: S3StoreOptions): Store {
  const get = async (key: string): Promise<Stored | undefined> => {
    const answer = await callS3(options, { method: "GET", key });
    return answer.status === 404 ? undefined : { bytes: answer.body, version: versionOf(answer) };
  };
  const put = async (key: string, bytes: Uint8Array, { ifVersion }: Condition): Promise<string> => {
    const headers =
      ifVersion === undefined ? {} : ifVersion === null ? { "if-none-match": "*" } : { "if-match": ifVersion };
    const answer = await callS3(options, { method: "PUT", key, body: bytes, headers });
    if (answer.status === 200) return versionOf(answer);
    throw conflict(key, ifVersion ?? null);
  };

  return {
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
      if (settings.secret === true && options.allowPlainSecrets !== true) throw secretRefused(key);
      return await put(key, bytes, settings);
    },
    async append(key, bytes, settings = {}) {
      checkKey(key);
      if (settings.secret === true && options.allowPlainSecrets !== true) throw secretRefused(key);
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
      return await acquireLease(options, `leases/${safeName(name)}`, name, settings, options.lease);
    },
    locate: (key) =>
      `s3://${[options.bucket, options.prefix, key].filter((part) => part !== undefined && part !== "").join("/")}`,
  };
}

/** Names one level below a folder; folders end in a slash. */
async function listFolder(options: S3Options, folder: string): Promise<string[]> {
  const base = [options.prefix, folder].filter((part) => part !== undefined && part !== "").join("/");
  const prefix = base === "" ? "" : `${base}/`;
  const names: string[] = [];
  let token: string | undefined;
  do {
    const query = {
      "list-type": "2",
      delimiter: "/",
      prefix,
      ...(token === undefined ? {} : { "continuation-token": token }),
    };
    const answer = await callS3(options, { method: "GET", query });
    const result = reply(parseXml(Buffer.from(answer.body).toString("utf8")), { provider: "s3", xml: true }).at(
      "ListBucketResult",
    );
    names.push(...result.listOrNone("Contents").map((item) => item.text("Key")));
    names.push(...result.listOrNone("CommonPrefixes").map((item) => item.text("Prefix")));
    token = result.flag("IsTruncated") ? result.text("NextContinuationToken") : undefined;
  } while (token !== undefined);
  return names
    .map((name) => name.slice(prefix.length))
    .filter((name) => name !== "")
    .sort();
}

function versionOf({ etag }: S3Answer): string {
  if (etag !== undefined && etag !== "") return etag;
  throw new StoreError("STORE_FAILED", "the S3 service gives no ETag, so nothing can be written safely", {
    hint: "Use a service that gives ETags and honours If-Match.",
  });
}

function secretRefused(key: string): StoreError {
  return new StoreError("STORE_SECRET_REFUSED", `${key} is secret, and the bucket would keep it in the clear`, {
    key,
    hint: "Give an encryption key for the state.",
  });
}

function neighbour(key: string, name: string): string {
  return `${key.slice(0, key.lastIndexOf("/") + 1)}${name}`;
}
