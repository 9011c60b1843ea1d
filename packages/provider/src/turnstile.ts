/**
 * Runs `work` as soon as there is room, first come, first served.
 *
 * @throws the signal's reason where it aborts before that
 */
export type Turnstile = <T>(work: () => Promise<T>, signal?: AbortSignal) => Promise<T>;

/** Lets so many through at once; the others wait their turn. */
export function turnstile(count: number): Turnstile {
  let free = count;
  const waiting: (() => void)[] = [];
  const enter = async (signal: AbortSignal | undefined): Promise<void> => {
    signal?.throwIfAborted();
    if (free > 0) {
      free -= 1;
      return;
    }
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const leave = (): void => {
      const place = waiting.indexOf(resolve);
      if (place === -1) return;
      waiting.splice(place, 1);
      reject(signal?.reason);
    };
    waiting.push(resolve);
    signal?.addEventListener("abort", leave, { once: true });
    try {
      await promise;
    } finally {
      signal?.removeEventListener("abort", leave);
    }
  };
  return async (work, signal) => {
    await enter(signal);
    try {
      signal?.throwIfAborted();
      return await work();
    } finally {
      // Handed on directly, so that nobody who comes by takes it from the one who waited.
      const next = waiting.shift();
      if (next === undefined) free += 1;
      else next();
    }
  };
}
