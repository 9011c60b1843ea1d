/** Time that passes only when somebody sleeps, so that an hour of waiting costs no time. */
export interface VirtualClock {
  now(): number;
  /** Lets the time pass at once; rejects with the signal's reason when it is aborted. */
  sleep(milliseconds: number, signal?: AbortSignal): Promise<void>;
  /** Every wait so far, in milliseconds. */
  readonly slept: readonly number[];
}

/** A clock that starts at a fixed moment. */
export function virtualClock(start = Date.UTC(2026, 0, 15, 12)): VirtualClock {
  let now = start;
  const slept: number[] = [];
  return {
    slept,
    now: () => now,
    async sleep(milliseconds, signal) {
      signal?.throwIfAborted();
      slept.push(milliseconds);
      now += milliseconds;
      await new Promise(setImmediate);
      signal?.throwIfAborted();
    },
  };
}
