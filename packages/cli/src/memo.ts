/** Makes each thing once; one that failed, or was forgotten, is made again. */
export type Memo<V> = ((key: string, make: () => Promise<V>) => Promise<V>) & {
  readonly forget: (key: string) => void;
};

export function createMemo<V>(): Memo<V> {
  const made = new Map<string, Promise<V>>();
  const memo = (key: string, make: () => Promise<V>): Promise<V> => {
    const known = made.get(key);
    if (known !== undefined) return known;
    const making = make();
    made.set(key, making);
    making.catch(() => {
      if (made.get(key) === making) made.delete(key);
    });
    return making;
  };
  return Object.assign(memo, { forget: (key: string) => void made.delete(key) });
}
