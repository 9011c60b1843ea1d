/** How many are worked on at a time: beyond this machine each costs a round trip. */
const ahead = 16;

/** Results of `work` over items, in their order, a few of them worked on ahead of whoever takes them. */
export async function* inOrder<T, R>(items: readonly T[], work: (item: T) => Promise<R>): AsyncGenerator<R> {
  const running: Promise<R>[] = [];
  let next = 0;
  try {
    while (next < items.length || running.length > 0) {
      while (running.length < ahead && next < items.length) {
        const started = work(items[next] as T);
        // Whoever stops taking hears of no later failure.
        started.catch(() => undefined);
        running.push(started);
        next += 1;
      }
      yield (await running.shift()) as R;
    }
  } finally {
    await Promise.allSettled(running);
  }
}
