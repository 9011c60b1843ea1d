/** Locks by name, inside this process. Share one among all instances that may change the same zones. */
export interface Locks {
  /**
   * Runs `work` once nobody else holds any of `keys`, and holds them all until it ends.
   *
   * Waiters get their turn in the order they came. All keys are taken in one step, so two callers can never wait for each other;
   * inside `work` no further lock may be taken.
   */
  hold<T>(keys: Iterable<string>, work: () => Promise<T>): Promise<T>;
}

/** Makes an empty set of locks. */
export function createLocks(): Locks {
  const last = new Map<string, Promise<unknown>>();
  return {
    async hold(keys, work) {
      const wanted = [...new Set(keys)];
      const turn = Promise.all(wanted.map((key) => last.get(key))).then(work);
      // What the next one waits for: our end, however it comes.
      const end = turn.catch(() => undefined);
      for (const key of wanted) last.set(key, end);
      try {
        return await turn;
      } finally {
        for (const key of wanted) if (last.get(key) === end) last.delete(key);
      }
    },
  };
}
