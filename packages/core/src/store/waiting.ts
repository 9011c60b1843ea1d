import { type LeaseHolder, StoreError } from "./store-error.ts";

/** Waits; rejects with the signal's reason at once when it aborts. */
export function pause(milliseconds: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) {
      reject(signal.reason);
      return;
    }
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", stop);
      resolve();
    }, milliseconds);
    const stop = () => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    signal?.addEventListener("abort", stop, { once: true });
  });
}

/** The error for a lease that did not come free in time. */
export function lockedError(name: string, holder: LeaseHolder | undefined, waitMs: number): StoreError {
  const waited = waitMs > 0 ? ` and did not let go within ${Math.round(waitMs / 1000)} s` : "";
  return new StoreError("STORE_LOCKED", `${showHolder(holder)} holds ${name}${waited}`, {
    key: name,
    ...(holder === undefined ? {} : { holder }),
    hint: `Wait for that run to end, or stop it: what it holds comes free ${holder?.freeBy === undefined ? "at once" : "within a minute"}, however it ends.`,
    retryable: true,
  });
}

/** The run that holds a lease, in words. */
export function showHolder(holder: LeaseHolder | undefined): string {
  if (holder?.pid === undefined) return "another run";
  const host = holder.host === undefined ? "" : ` on ${holder.host}`;
  const since = holder.since === undefined ? "" : `, since ${new Date(holder.since).toISOString()}`;
  return `another run (pid ${holder.pid}${host}${since})`;
}
