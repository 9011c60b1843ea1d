import { type Lease, StoreError } from "@certwright/core/store";
import { decodeHolder, encodeHolder } from "./lease-holder.ts";
import { callS3 } from "./s3-client.ts";
import type { LeaseTimes } from "./s3-lease.ts";
import type { S3Options } from "./s3-options.ts";
import { etagOf, putObject } from "./s3-put.ts";
import { usualTimeoutMs } from "./s3-request.ts";

/** A lease that was just taken. */
export interface Taken {
  readonly key: string;
  readonly name: string;
  readonly id: string;
  readonly since: number;
  readonly etag: string;
  /** When the put that took it was sent: whoever waits cannot have begun to count before. */
  readonly at: number;
}

/** Keeps a lease alive until it is released, and says so when it was lost. */
export function holdLease(options: S3Options, { lifetime, renewEvery }: LeaseTimes, taken: Taken): Lease {
  const { key, name, id, since } = taken;
  const lost = new AbortController();
  let { etag, at: renewed } = taken;
  let renewing: Promise<void> | undefined;
  let held = true;
  // A sixth of its life before others may take it, the holder stops.
  const surelyOurs = (): number => renewed + (lifetime * 5) / 6 - performance.now();

  const lose = (cause?: unknown): void => {
    if (!held || lost.signal.aborted) return;
    clearInterval(timer);
    lost.abort(
      new StoreError("STORE_LEASE_LOST", `${name} is no longer this run's to work on`, {
        key: name,
        hint: "The S3 service could not be reached for too long, or this machine slept. Run again; what was left behind is undone then.",
        cause,
      }),
    );
  };
  /** The new ETag of the lease; undefined where it is another's. */
  const putAnew = async (): Promise<string | undefined> => {
    const left = Math.max(1, Math.round(surelyOurs()));
    const signal = AbortSignal.timeout(left);
    // A connection that went dead without a word is noticed while there is time for another.
    const patient = { ...options, timeoutMs: Math.min(Math.ceil(left / 2), options.timeoutMs ?? usualTimeoutMs) };
    const put = (ifEtag: string) => putObject(patient, key, encodeHolder(id, since, options.now()), { ifEtag }, signal);
    const next = await put(etag);
    if (next !== undefined) return next;
    // One that failed before may have gone through unheard.
    const current = await callS3(patient, { method: "GET", key, signal });
    return decodeHolder(current.body)?.id === id ? await put(etagOf(current)) : undefined;
  };
  const renew = async (): Promise<void> => {
    const at = performance.now();
    try {
      const next = await putAnew();
      if (next === undefined) return lose();
      [etag, renewed] = [next, at];
    } catch (cause) {
      // A service that is away for a moment gives the lease to nobody else.
      if (surelyOurs() <= renewEvery / 2) lose(cause);
    }
  };
  const timer = setInterval(() => {
    // A renewal may be stuck in what no deadline reaches, such as the credentials.
    if (surelyOurs() <= renewEvery / 2) return lose();
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
    try {
      if (surelyOurs() < lifetime / 2) {
        const current = await callS3(options, { method: "GET", key });
        if (current.status !== 200 || decodeHolder(current.body)?.id !== id) return;
      }
      await callS3(options, { method: "DELETE", key });
    } catch {
      // The work is done; whoever waits gets the lease when its life is over.
    }
  };
  return { name, lost: lost.signal, release, [Symbol.asyncDispose]: release };
}
