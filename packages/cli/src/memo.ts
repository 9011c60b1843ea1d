/** Makes each thing once; one that failed is tried again. */
export type Memo<V> = (key: string, make: () => Promise<V>) => Promise<V>;

export function createMemo<V>(): Memo<V> {
  const made = new Map<string, Promise<V>>();
  return (key, make) => {
    const known = made.get(key);
    if (known !== undefined) return known;
    const making = make();
    made.set(key, making);
    making.catch(() => made.delete(key));
    return making;
  };
}
