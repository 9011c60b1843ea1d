import type { Clock } from "../propagation.ts";

/** A clock whose time passes only when everybody sleeps: then it jumps to the next one to wake. */
export function virtualClock(): Clock {
  let time = 0;
  let scheduled = false;
  const sleepers = new Set<{ readonly at: number; readonly wake: () => void }>();

  function schedule(): void {
    if (scheduled) return;
    scheduled = true;
    setImmediate(() => {
      scheduled = false;
      const [next] = [...sleepers].sort((one, other) => one.at - other.at);
      if (next === undefined) return;
      time = next.at;
      sleepers.delete(next);
      next.wake();
      schedule();
    });
  }

  return {
    now: () => time,
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        signal?.throwIfAborted();
        const sleeper = { at: time + ms, wake: resolve };
        sleepers.add(sleeper);
        signal?.addEventListener("abort", () => {
          sleepers.delete(sleeper);
          reject(signal.reason);
        });
        schedule();
      }),
  };
}
