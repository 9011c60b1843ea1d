import { setTimeout as delay } from "node:timers/promises";

/** The clock, the waiting and the chance that the ACME layer uses: passed in, so that tests need not wait. */
export interface AcmeTime {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Resolves after the given milliseconds; rejects with the signal's reason when that comes first. */
  sleep(milliseconds: number, signal: AbortSignal): Promise<void>;
  /** A number from 0 to just under 1, for jitter. */
  random(): number;
}

/** The time of this machine. */
export const systemTime: AcmeTime = {
  now: () => Date.now(),
  sleep: async (milliseconds, signal) => {
    // Timers above 31 bits fire at once; no wait in this layer is meant to be that long.
    const bounded = Math.min(Math.max(milliseconds, 0), 2_147_483_647);
    await delay(bounded, undefined, { signal }).catch(() => signal.throwIfAborted());
  },
  random: () => Math.random(),
};

/** For callers that gave no signal. */
export const neverAborted: AbortSignal = new AbortController().signal;
