/** How many are worked on at a time: beyond this machine each costs a round trip. */
const usualAhead = 16;

/** Results of `work` over items, in their order, a few of them worked on ahead of whoever takes them. */
export async function* inOrder<T, R>(
  items: Iterable<T>,
  work: (item: T) => Promise<R>,
  ahead = usualAhead,
): AsyncGenerator<R> {
  const running: Promise<R>[] = [];
  try {
    for (const item of items) {
      const started = work(item);
      // Whoever stops taking hears of no later failure.
      started.catch(() => undefined);
      running.push(started);
      if (running.length === ahead) yield (await running.shift()) as R;
    }
    while (running.length > 0) yield (await running.shift()) as R;
  } finally {
    await Promise.allSettled(running);
  }
}
