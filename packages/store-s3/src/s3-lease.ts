import { randomUUID } from "node:crypto";
import { hostname } from "node:os";
import { type Lease, type LeaseHolder, type LeaseOptions, lockedError, pause } from "@certwright/core/store";
import { callS3, type S3Options } from "./s3-client.ts";

/** How leases live. Milliseconds. */
export interface LeaseTimes {
  /** A lease nobody has renewed for this long is free. Default 30 000. */
  readonly lifetime: number;
  /** How often it is renewed. Default 10 000. */
  readonly renewEvery: number;
  /** How often somebody who waits looks. Default 1 000. */
  readonly lookEvery: number;
}

const usual: LeaseTimes = { lifetime: 30_000, renewEvery: 10_000, lookEvery: 1_000 };

/** What the object of a lease holds: for people only. That it is renewed is seen by its ETag, so no two clocks are compared. */
interface Holder extends LeaseHolder {
  readonly id: string;
  readonly renewed: number;
}

/**
 * Takes a lease: an object put only where there is none, or in place of one that was not renewed for a lifetime as this
 * machine's clock counts.
 *
 * @throws StoreError `STORE_LOCKED`
 */
export async function acquireLease(
  options: S3Options,
  key: string,
  name: string,
  { signal, waitMs = 0, onWait }: LeaseOptions,
  times: Partial<LeaseTimes> = {},
): Promise<Lease> {
  const { lifetime, renewEvery, lookEvery } = { ...usual, ...times };
  const id = randomUUID();
  const since = options.now();
  const started = performance.now();
  let seen: { etag: string; at: number } | undefined;
  let told = false;
  for (;;) {
    signal.throwIfAborted();
    const free = seen !== undefined && performance.now() - seen.at >= lifetime;
    const etag = await put(
      options,
      key,
      holder(id, since, options.now()),
      free && seen !== undefined ? { "if-match": seen.etag } : { "if-none-match": "*" },
    );
    if (etag !== undefined) return keep(options, key, name, id, since, etag, renewEvery, lifetime);
    const current = await callS3(options, { method: "GET", key, signal });
    if (current.status === 404) {
      seen = undefined;
      continue;
    }
    if (current.etag !== undefined && current.etag !== seen?.etag) seen = { etag: current.etag, at: performance.now() };
    const who = readHolder(current.body);
    // Our own put went through, but its answer was lost.
    if (who?.id === id && current.etag !== undefined)
      return keep(options, key, name, id, since, current.etag, renewEvery, lifetime);
    const left = waitMs - (performance.now() - started);
    if (left <= 0) throw lockedError(name, who, waitMs);
    if (!told) onWait?.(who);
    told = true;
    await pause(Math.min(left, lookEvery), signal);
  }
}

function keep(
  options: S3Options,
  key: string,
  name: string,
  id: string,
  since: number,
  first: string,
  renewEvery: number,
  lifetime: number,
): Lease {
  const lost = new AbortController();
  let etag = first;
  let renewed = performance.now();
  let renewing: Promise<void> | undefined;
  let held = true;
  const renew = async (): Promise<void> => {
    try {
      const next = await put(options, key, holder(id, since, options.now()), { "if-match": etag });
      if (next === undefined) throw new Error("somebody else has it");
      etag = next;
      renewed = performance.now();
    } catch (cause) {
      // A service that is away for a moment takes no lease; one that was away for a lifetime may have given it to another.
      const over =
        performance.now() - renewed > lifetime - renewEvery ||
        (cause instanceof Error && cause.message === "somebody else has it");
      if (over && held) lost.abort(new Error(`the lease ${name} was lost`, { cause }));
    }
  };
  const timer = setInterval(() => {
    renewing ??= renew().finally(() => {
      renewing = undefined;
    });
  }, renewEvery);
  timer.unref();
  const release = async (): Promise<void> => {
    if (!held) return;
    held = false;
    clearInterval(timer);
    await renewing;
    const current = await callS3(options, { method: "GET", key });
    if (current.status === 200 && readHolder(current.body)?.id === id) await callS3(options, { method: "DELETE", key });
  };
  return { name, lost: lost.signal, release, [Symbol.asyncDispose]: release };
}

function holder(id: string, since: number, renewed: number): Uint8Array {
  return Buffer.from(JSON.stringify({ id, pid: process.pid, host: hostname(), since, renewed } satisfies Holder));
}

/** The new ETag, or undefined where the condition was not met. */
async function put(
  options: S3Options,
  key: string,
  body: Uint8Array,
  headers: Readonly<Record<string, string>>,
): Promise<string | undefined> {
  const answer = await callS3(options, { method: "PUT", key, body, headers });
  return answer.status === 200 ? answer.etag : undefined;
}

function readHolder(body: Uint8Array): Holder | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(body.subarray(0, 4096)).toString("utf8"));
    if (typeof value !== "object" || value === null) return undefined;
    const { id, pid, host, since, renewed } = value as Record<string, unknown>;
    if (typeof id !== "string") return undefined;
    return {
      id,
      renewed: Number(renewed),
      ...(typeof pid === "number" ? { pid } : {}),
      ...(typeof host === "string" ? { host: host.slice(0, 255).replace(/[^\w.-]/g, "?") } : {}),
      ...(typeof since === "number" ? { since } : {}),
    };
  } catch {
    return undefined;
  }
}
