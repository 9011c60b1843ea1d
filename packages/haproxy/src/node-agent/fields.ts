/* Checks for what came in over the network as JSON: each returns the value as it should be, or throws RangeError. */

/** Checks one value. @throws RangeError */
export type Check<T> = (value: unknown) => T;

type Checks = Readonly<Record<string, Check<unknown>>>;
type Checked<R extends Checks, O extends Checks> = { readonly [K in keyof R]: ReturnType<R[K]> } & {
  readonly [K in keyof O]?: ReturnType<O[K]>;
};

/** An object with these keys, and no others unless `others` are to be ignored. */
export function record<R extends Checks, O extends Checks>(
  required: R,
  optional: O,
  others: "refused" | "ignored",
): Check<Checked<R, O>> {
  return (value) => {
    if (typeof value !== "object" || value === null || Array.isArray(value)) throw new RangeError("no object");
    const given = new Map(Object.entries(value));
    const checked: Record<string, unknown> = {};
    for (const [key, check] of Object.entries(required)) checked[key] = check(given.get(key));
    for (const [key, check] of Object.entries(optional)) if (given.has(key)) checked[key] = check(given.get(key));
    const unknown = [...given.keys()].find((key) => !Object.hasOwn(checked, key));
    if (unknown !== undefined && others === "refused") throw new RangeError("an unknown key");
    return checked as Checked<R, O>;
  };
}

/** Text of at most `longest` characters that fits the pattern. */
export function text(longest: number, pattern = /(?:)/): Check<string> {
  return (value) => {
    if (typeof value === "string" && value.length <= longest && pattern.test(value)) return value;
    throw new RangeError("no such text");
  };
}

/** A whole number from 0. */
export const count: Check<number> = (value) => {
  if (Number.isSafeInteger(value) && (value as number) >= 0) return value as number;
  throw new RangeError("no whole number");
};

export const boolean: Check<boolean> = (value) => {
  if (typeof value === "boolean") return value;
  throw new RangeError("neither true nor false");
};

/** One of a few words. */
export function word<const W extends string>(...words: readonly W[]): Check<W> {
  return (value) => {
    const found = words.find((each) => each === value);
    if (found !== undefined) return found;
    throw new RangeError("no such word");
  };
}

/** A list of at most `most` values. */
export function list<T>(most: number, check: Check<T>): Check<readonly T[]> {
  return (value) => {
    if (Array.isArray(value) && value.length <= most) return value.map(check);
    throw new RangeError("no such list");
  };
}
