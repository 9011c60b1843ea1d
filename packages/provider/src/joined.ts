interface Call<Item, Result> {
  readonly items: readonly Item[];
  readonly resolve: (results: readonly Result[]) => void;
  readonly reject: (error: unknown) => void;
}

/** Items of one joint call, as far as more than one call is in it: what APIs take at once without thinking long. */
const most = 50;

/**
 * Joins calls that could only wait for each other: the first runs at once, and those that come in meanwhile run together
 * as the next. Where a joint call fails each is made alone, so that one bad item spoils no other's.
 *
 * @param run gives its results in the order of the items
 */
export function joined<Item, Result>(
  run: (items: readonly Item[]) => Promise<readonly Result[]>,
): (items: readonly Item[]) => Promise<readonly Result[]> {
  const waiting: Call<Item, Result>[] = [];
  let running = false;

  async function drain(): Promise<void> {
    running = true;
    for (let calls = next(waiting); calls.length > 0; calls = next(waiting)) await runTogether(calls, run);
    running = false;
  }

  return (items) =>
    new Promise((resolve, reject) => {
      waiting.push({ items, resolve, reject });
      if (!running) void drain();
    });
}

/** As many of those that wait as go into one call, the first of them in any case. */
function next<Item, Result>(waiting: Call<Item, Result>[]): readonly Call<Item, Result>[] {
  let size = 0;
  const end = waiting.findIndex(({ items }, index) => {
    size += items.length;
    return index > 0 && size > most;
  });
  return waiting.splice(0, end === -1 ? waiting.length : end);
}

async function runTogether<Item, Result>(
  calls: readonly Call<Item, Result>[],
  run: (items: readonly Item[]) => Promise<readonly Result[]>,
): Promise<void> {
  try {
    const results = await run(calls.flatMap(({ items }) => items));
    let start = 0;
    for (const { items, resolve } of calls) {
      resolve(results.slice(start, start + items.length));
      start += items.length;
    }
  } catch (error) {
    if (calls.length === 1) calls[0]?.reject(error);
    else for (const call of calls) await runTogether([call], run);
  }
}
