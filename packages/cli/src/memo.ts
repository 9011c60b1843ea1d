/** Makes each thing once; one that failed, was forgotten, or is older than it may be, is made again. */
export type Memo<V> = ((key: string, make: () => Promise<V>) => Promise<V>) & {
  readonly forget: (key: string) => void;
};

/** How old what was made may be, in milliseconds of the clock. Left out: any age. */
interface MemoAge {
  readonly now?: () => number;
  readonly longest?: number;
}

export function createMemo<V>({ now = () => 0, longest = 0 }: MemoAge = {}): Memo<V> {
  const made = new Map<string, { readonly thing: Promise<V>; readonly at: number }>();
  const memo = (key: string, make: () => Promise<V>): Promise<V> => {
    const known = made.get(key);
    const age = now() - (known?.at ?? 0);
    if (known !== undefined && age >= 0 && age <= longest) return known.thing;
    const making = { thing: make(), at: now() };
    made.set(key, making);
    making.thing.catch(() => {
      if (made.get(key) === making) made.delete(key);
    });
    return making.thing;
  };
  return Object.assign(memo, { forget: (key: string) => void made.delete(key) });
}
