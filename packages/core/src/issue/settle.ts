/**
 * Values of promises in the order they settle. Whoever stops listening early leaves no rejection unheard.
 *
 * @throws what the first rejected promise rejected with.
 */
export async function* asTheySettle<T>(promises: readonly Promise<T>[]): AsyncGenerator<T> {
  const open = new Map(promises.map((promise, index) => [index, promise.then((value) => ({ index, value }))]));
  try {
    while (open.size > 0) {
      const { index, value } = await Promise.race(open.values());
      open.delete(index);
      yield value;
    }
  } finally {
    for (const promise of open.values()) promise.catch(() => undefined);
  }
}

/**
 * Like `Promise.all`, but waits for every promise before it rejects: what is undone afterwards must not race with work
 * that is still under way.
 *
 * @throws what the first of the rejected promises rejected with.
 */
export async function allDone<T>(promises: readonly Promise<T>[]): Promise<readonly T[]> {
  const results = await Promise.allSettled(promises);
  return results.map((result) => {
    if (result.status === "rejected") throw result.reason;
    return result.value;
  });
}
