import type { AcmeTime } from "../time.ts";

/** A clock that jumps over every sleep and remembers it. */
export interface FakeTime extends AcmeTime {
  /** Seconds slept, one entry for each sleep. */
  readonly slept: readonly number[];
}

/** A fake clock without chance: `random` is always 0. */
export function createFakeTime(start = Date.parse("2026-11-24T12:00:00Z")): FakeTime {
  let now = start;
  const slept: number[] = [];
  return {
    slept,
    now: () => now,
    random: () => 0,
    sleep: async (milliseconds, signal) => {
      signal.throwIfAborted();
      slept.push(milliseconds / 1000);
      now += milliseconds;
      // Lets what runs beside it get on, as a real wait would.
      await new Promise((resolve) => setImmediate(resolve));
    },
  };
}
