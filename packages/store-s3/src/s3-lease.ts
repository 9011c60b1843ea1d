import { randomUUID } from "node:crypto";
import { type Lease, type LeaseOptions, lockedError, pause, safeName } from "@certwright/core/store";
import { holdLease } from "./held-lease.ts";
import { decodeHolder, encodeHolder } from "./lease-holder.ts";
import { callS3, type S3Outcome } from "./s3-client.ts";
import { ownFolder, type S3Options } from "./s3-options.ts";
import { etagOf, type PutCondition, putObject } from "./s3-put.ts";

/** How leases live. Milliseconds. */
export interface LeaseTimes {
  /** A lease nobody has renewed for this long is free. Default 20 000. */
  readonly lifetime: number;
  /** How often it is renewed. Default 5 000. */
  readonly renewEvery: number;
  /** How often somebody who waits looks. Default 1 000. */
  readonly lookEvery: number;
  /**
   * A lease that by the service's own clock was not renewed for this long is free at once. Far above the lifetime, since a
   * service is many machines. Default 120 000.
   */
  readonly abandonedAfter: number;
}

const usual: LeaseTimes = { lifetime: 20_000, renewEvery: 5_000, lookEvery: 1_000, abandonedAfter: 120_000 };

/** When this process first saw an object in the state it is in, by its ETag. */
interface Sight {
  readonly etag: string;
  readonly at: number;
}

/** Takes leases of one store; what it saw of those it did not get is remembered from one try to the next. */
export type TakeLease = (name: string, lease: LeaseOptions) => Promise<Lease>;

/**
 * Leases are objects: put only where there is none, or in place of one that was not renewed for a lifetime as this machine's
 * clock counts. No two machines' clocks are compared.
 */
export function s3Leases(options: S3Options, given: Partial<LeaseTimes> = {}): TakeLease {
  const times = { ...usual, ...given };
  const sights = new Map<string, Sight>();

  /** How long ago the lease was put into the state it is in, as far as is known, in milliseconds; undefined where it changed under our eyes. */
  const look = (key: string, current: S3Outcome): { readonly unchangedFor: number; readonly alive: boolean } => {
    const etag = etagOf(current);
    const before = sights.get(key);
    const alive = before !== undefined && before.etag !== etag;
    if (before?.etag !== etag) sights.set(key, { etag, at: performance.now() });
    const seenFor = performance.now() - (sights.get(key)?.at ?? 0);
    const { date, modified } = current;
    const age = date === undefined || modified === undefined ? 0 : date - modified;
    return { unchangedFor: age >= times.abandonedAfter ? Math.max(age, times.lifetime) : seenFor, alive };
  };

  return async (name, { signal, waitMs = 0, whileUnsure = false, onWait }) => {
    const key = `${ownFolder}/leases/${safeName(name)}`;
    const id = randomUUID();
    const since = options.now();
    const started = performance.now();
    let claim: PutCondition | undefined = "absent";
    let told = false;
    for (;;) {
      signal.throwIfAborted();
      if (claim !== undefined) {
        const at = performance.now();
        const etag = await putObject(options, key, encodeHolder(id, since, options.now()), claim);
        if (etag !== undefined) {
          sights.delete(key);
          return holdLease(options, times, { key, name, id, since, etag, at });
        }
      }
      const current = await callS3(options, { method: "GET", key, signal });
      if (current.status === 404) {
        claim = "absent";
        continue;
      }
      const { unchangedFor, alive } = look(key, current);
      if (unchangedFor >= times.lifetime) {
        claim = { ifEtag: etagOf(current) };
        continue;
      }
      claim = undefined;
      const holder = {
        ...decodeHolder(current.body),
        freeBy: options.now() + Math.round(times.lifetime - unchangedFor),
      };
      const waited = performance.now() - started;
      const left = whileUnsure && !alive ? times.lifetime - unchangedFor : waitMs - waited;
      if (left <= 0) throw lockedError(name, holder, waitMs);
      if (!told) onWait?.(holder);
      told = true;
      await pause(Math.min(left, times.lookEvery), signal);
    }
  };
}
