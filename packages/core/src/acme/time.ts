import { setTimeout as delay } from "node:timers/promises";

/** The clock, the waiting and the chance that the ACME layer uses: passed in, so that tests need not wait. */
export interface AcmeTime {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Resolves after the given milliseconds; rejects with the signal's reason when that comes first. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
  /** A number from 0 to just under 1, for jitter. */
  random(): number;
}

/** The time of this machine. */
export const systemTime: AcmeTime = {
  now: () => Date.now(),
  sleep: async (ms, signal) => {
    // Timers above 31 bits fire at once; no wait in this layer is meant to be that long.
    await delay(Math.min(Math.max(ms, 0), 2_147_483_647), undefined, signal ? { signal } : {}).catch(() => signal?.throwIfAborted());
  },
  random: () => Math.random(),
};
