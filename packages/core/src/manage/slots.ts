/** A few places to work at, for many. */
export interface Slots {
  /** Runs `work` as soon as one of the slots is free, first come, first served. @throws the signal's reason when it aborts before that */
  use<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T>;
}

/** So many slots. */
export function createSlots(count: number): Slots {
  let free = count;
  const waiting: (() => void)[] = [];
  const release = (): void => {
    // Handed on directly, so that nobody who comes by takes it from the one who waited.
    const next = waiting.shift();
    if (next === undefined) free += 1;
    else next();
  };
  const acquire = async (signal: AbortSignal): Promise<void> => {
    signal.throwIfAborted();
    if (free > 0) {
      free -= 1;
      return;
    }
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const leave = (): void => {
      const place = waiting.indexOf(resolve);
      if (place === -1) return;
      waiting.splice(place, 1);
      reject(signal.reason);
    };
    waiting.push(resolve);
    signal.addEventListener("abort", leave, { once: true });
    try {
      await promise;
    } finally {
      signal.removeEventListener("abort", leave);
    }
  };
  return {
    use: async (signal, work) => {
      await acquire(signal);
      try {
        return await work();
      } finally {
        release();
      }
    },
  };
}
