/** Items one after another from whatever holds them, for several takers at once. */
export interface Supply<T> {
  /** The next item, or undefined when there is none any more. */
  next(): Promise<T | undefined>;
}

/** Takes items as they are needed, so that a supply of any length costs the memory of those in work. */
export function supplyOf<T>(items: Iterable<T> | AsyncIterable<T>): Supply<T> {
  const iterator = Symbol.asyncIterator in items ? items[Symbol.asyncIterator]() : items[Symbol.iterator]();
  let turn: Promise<unknown> = Promise.resolve();
  return {
    next() {
      // One question at a time: an iterator need not bear more.
      const answer = turn.then(async () => {
        const { done, value } = await iterator.next();
        return done ? undefined : value;
      });
      turn = answer.catch(() => {});
      return answer;
    },
  };
}

/** The items of a supply in groups, each as large as `size` while there are as many. */
export function inGroups<T>(supply: Supply<T>, size: number): Supply<readonly T[]> {
  return {
    async next() {
      const group: T[] = [];
      while (group.length < size) {
        const item = await supply.next();
        if (item === undefined) break;
        group.push(item);
      }
      return group.length > 0 ? group : undefined;
    },
  };
}

/**
 * Works on items in several lanes until the supply or `more` ends. Every lane finishes what it has begun, also when
 * another fails; then the first failure is thrown.
 */
export async function inLanes<T>(
  count: number,
  supply: Supply<T>,
  more: () => boolean,
  work: (item: T) => Promise<void>,
): Promise<void> {
  let failed = false;
  const lane = async () => {
    while (!failed && more()) {
      const item = await supply.next();
      if (item === undefined) return;
      await work(item).catch((error: unknown) => {
        failed = true;
        throw error;
      });
    }
  };
  const lanes = await Promise.allSettled(Array.from({ length: count }, lane));
  const failure = lanes.find((each) => each.status === "rejected");
  if (failure) throw failure.reason;
}
