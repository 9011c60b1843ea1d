interface Flight<T> {
  readonly result: Promise<T>;
  readonly stop: AbortController;
  callers: number;
}

/**
 * Lets callers that want the same thing at the same time share one call. The call is aborted only when every
 * caller's own signal has been.
 */
export function shareCall<T>(start: (signal: AbortSignal) => Promise<T>): (signal?: AbortSignal) => Promise<T> {
  let flight: Flight<T> | undefined;
  const begin = (): Flight<T> => {
    const stop = new AbortController();
    const started: Flight<T> = { stop, callers: 0, result: start(stop.signal) };
    const forget = (): void => {
      if (flight === started) flight = undefined;
    };
    started.result.then(forget, forget);
    return started;
  };
  return (signal) =>
    new Promise<T>((resolve, reject) => {
      signal?.throwIfAborted();
      flight ??= begin();
      const joined = flight;
      joined.callers++;
      const leave = (): void => {
        if (--joined.callers === 0) {
          if (flight === joined) flight = undefined;
          joined.stop.abort(signal?.reason);
        }
        reject(signal?.reason);
      };
      signal?.addEventListener("abort", leave, { once: true });
      const settled = (): void => signal?.removeEventListener("abort", leave);
      joined.result.then(
        (value) => {
          settled();
          resolve(value);
        },
        (error: unknown) => {
          settled();
          reject(error);
        },
      );
    });
}
