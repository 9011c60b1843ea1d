/** How many calls of one instance run at once where its API sets no limit of its own. */
export const atOnce = 8;

/** How `mapLimited` goes about it. */
export interface LimitedOptions {
  /** How many calls run at a time. Default: as many as one instance of a provider makes at once. */
  readonly limit?: number | undefined;
  /** Whether a failure keeps others from being started. Default: each does. */
  readonly isFinal?: ((error: unknown) => boolean) | undefined;
}

/**
 * Results of `work` in the order of the items, a few of them worked on at a time. After a failure that is final nothing new
 * is started; what runs is waited for, for it must not race with what is undone then, and the first failure is thrown.
 */
export async function mapLimited<T, R>(
  items: readonly T[],
  work: (item: T) => Promise<R>,
  { limit = atOnce, isFinal = () => true }: LimitedOptions = {},
): Promise<R[]> {
  const results: R[] = [];
  const failures: unknown[] = [];
  let next = 0;
  let stopped = false;
  const worker = async () => {
    while (!stopped && next < items.length) {
      const index = next++;
      try {
        results[index] = await work(items[index] as T);
      } catch (error) {
        failures.push(error);
        stopped ||= isFinal(error);
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(limit, items.length) }, worker));
  if (failures.length > 0) throw failures[0];
  return results;
}
