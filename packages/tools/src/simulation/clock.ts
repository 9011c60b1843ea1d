/** A clock that stands still while anybody works, and jumps to the next moment somebody waits for. */
export interface SimulatedClock {
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Waits on this clock. The signal is not watched: `end` ends all waiting. */
  readonly sleep: (milliseconds: number, signal: AbortSignal) => Promise<void>;
  /** Stands still until this is done, although it waits for something that is not simulated. */
  readonly standStill: <T>(work: () => Promise<T>) => Promise<T>;
  /** Lets everybody work until nobody waits for a moment before `until`. */
  run(until: number): Promise<void>;
  /** Ends all waiting with a reason. */
  end(reason: unknown): void;
}

interface Sleeper {
  readonly at: number;
  /** Of two with the same moment, the one that came first wakes first. */
  readonly order: number;
  readonly wake: () => void;
  readonly fail: (reason: unknown) => void;
}

/**
 * All that is simulated has to run in promises: who waits for a disk, a socket or a real timer is overtaken by the clock,
 * unless that is told by `standStill`.
 */
export function createClock(start: number): SimulatedClock {
  let now = start;
  let order = 0;
  let outside = 0;
  const sleepers: Sleeper[] = [];
  return {
    now: () => now,
    sleep: async (milliseconds, signal) => {
      signal.throwIfAborted();
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      order += 1;
      push(sleepers, { at: now + Math.ceil(Math.max(milliseconds, 0)), order, wake: resolve, fail: reject });
      await promise;
    },
    standStill: async (work) => {
      outside += 1;
      try {
        return await work();
      } finally {
        outside -= 1;
      }
    },
    run: async (until) => {
      for (;;) {
        // By the time it fires, every promise that could be settled is.
        do await new Promise((resolve) => setImmediate(resolve));
        while (outside > 0);
        const [next] = sleepers;
        if (next === undefined || next.at > until) break;
        pop(sleepers);
        now = Math.max(now, next.at);
        next.wake();
      }
      now = until;
    },
    end: (reason) => {
      for (const { fail } of sleepers.splice(0)) fail(reason);
    },
  };
}

const isBefore = (a: Sleeper, b: Sleeper): boolean => a.at < b.at || (a.at === b.at && a.order < b.order);

/** Adds to a binary heap, the earliest on top. */
function push(heap: Sleeper[], sleeper: Sleeper): void {
  let place = heap.length;
  while (place > 0) {
    const parent = (place - 1) >> 1;
    const above = heap[parent];
    if (above === undefined || !isBefore(sleeper, above)) break;
    heap[place] = above;
    place = parent;
  }
  heap[place] = sleeper;
}

/** Removes the top of a binary heap. */
function pop(heap: Sleeper[]): void {
  const last = heap.pop();
  if (last === undefined || heap.length === 0) return;
  let place = 0;
  for (;;) {
    let child = 2 * place + 1;
    const [left, right] = [heap[child], heap[child + 1]];
    if (left !== undefined && right !== undefined && isBefore(right, left)) child += 1;
    const below = heap[child];
    if (below === undefined || !isBefore(below, last)) break;
    heap[place] = below;
    place = child;
  }
  heap[place] = last;
}
