/** How many calls of one instance run at once where its API sets no limit of its own. */
export const atOnce = 8;

/**
 * Maps with at most `limit` calls running. After a failure that `isFinal` nothing new is started; what runs is waited for,
 * then the first failure is thrown.
 */
export async function mapLimited<T, R>(
  items: readonly T[],
  work: (item: T, index: number) => Promise<R>,
  isFinal: (error: unknown) => boolean = () => true,
  limit = atOnce,
): Promise<R[]> {
  const results: R[] = [];
  const failures: unknown[] = [];
  let next = 0;
  let stopped = false;
  const worker = async () => {
    while (!stopped && next < items.length) {
      const index = next++;
      try {
        results[index] = await work(items[index] as T, index);
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
