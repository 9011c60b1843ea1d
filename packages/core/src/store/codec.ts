/** Why a value was refused; the caller adds which file it was. */
export class CodecError extends Error {
  override readonly name = "CodecError";
}

/** Reads one kind of value from JSON, strictly, and writes it back. `at` is its place, for the message. */
export interface Codec<T> {
  readonly read: (json: unknown, at: string) => T;
  readonly write: (value: T) => unknown;
}

interface OptionalField<T> {
  readonly optional: Codec<T>;
}

/** One codec per property: `optional(...)` exactly where the property may be missing. */
export type Fields<T> = {
  readonly [K in keyof T]-?: Record<never, never> extends Pick<T, K>
    ? OptionalField<Exclude<T[K], undefined>>
    : Codec<T[K]>;
};

const longestText = 16_384;
/** The last one whose year has four digits. */
const latestInstant = 253_402_300_799_999;

function same<T>(read: Codec<T>["read"]): Codec<T> {
  return { read, write: (value) => value };
}

/** Text without control characters other than line feed and tab. */
export function text(longest = longestText): Codec<string> {
  return same((json, at) => {
    if (typeof json !== "string") throw new CodecError(`${at} is not text`);
    if (json.length > longest) throw new CodecError(`${at} is longer than ${longest} characters`);
    for (let index = 0; index < json.length; index += 1) {
      const unit = json.charCodeAt(index);
      if ((unit < 32 && unit !== 9 && unit !== 10) || unit === 127)
        throw new CodecError(`${at} has a control character`);
    }
    return json;
  });
}

/** Text for people, such as an error's message: what would not be read back is left out when it is written. */
export function remark(longest = 1000): Codec<string> {
  return {
    read: text(longest).read,
    write: (value) =>
      value
        .toWellFormed()
        .replace(/\p{Cc}+/gu, " ")
        .slice(0, longest)
        .toWellFormed(),
  };
}

/** Text of this form. */
export function pattern(form: RegExp, what: string): Codec<string> {
  return same((json, at) => {
    if (typeof json !== "string" || json.length > longestText || !form.test(json))
      throw new CodecError(`${at} is not ${what}`);
    return json;
  });
}

/** One of these words. */
export function oneOf<const T extends string>(...words: readonly T[]): Codec<T> {
  return same((json, at) => {
    const word = words.find((each) => each === json);
    if (word === undefined) throw new CodecError(`${at} is none of ${words.join(", ")}`);
    return word;
  });
}

/** A whole number from 0. */
export const count: Codec<number> = same((json, at) => {
  if (typeof json !== "number" || !Number.isSafeInteger(json) || json < 0)
    throw new CodecError(`${at} is not a whole number`);
  return json;
});

export const flag: Codec<boolean> = same((json, at) => {
  if (typeof json !== "boolean") throw new CodecError(`${at} is not true or false`);
  return json;
});

const instantForm = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$/;

/** Milliseconds since 1970 in memory; ISO 8601 in UTC in the file, where people read it. */
export const instant: Codec<number> = {
  read: (json, at) => {
    const value = typeof json === "string" && instantForm.test(json) ? Date.parse(json) : Number.NaN;
    if (Number.isNaN(value)) throw new CodecError(`${at} is not a time such as 2026-01-31T12:00:00.000Z`);
    return value;
  },
  write: (value) => new Date(Math.min(Math.max(Math.trunc(value), 0), latestInstant)).toISOString(),
};

export function list<T>(item: Codec<T>, most = 10_000): Codec<readonly T[]> {
  return {
    read: (json, at) => {
      if (!Array.isArray(json)) throw new CodecError(`${at} is not a list`);
      if (json.length > most) throw new CodecError(`${at} has more than ${most} entries`);
      return json.map((each, index) => item.read(each, `${at}[${index}]`));
    },
    write: (value) => value.map(item.write),
  };
}

/** An object with any keys, as a dictionary. */
export function dictionary<T>(item: Codec<T>, most = 1_000_000): Codec<Readonly<Record<string, T>>> {
  return {
    read: (json, at) => {
      const entries = Object.entries(object(json, at));
      if (entries.length > most) throw new CodecError(`${at} has more than ${most} entries`);
      return fromEntries(entries.map(([key, value]) => [key, item.read(value, `${at}.${key}`)]));
    },
    write: (value) => fromEntries(Object.entries(value).map(([key, each]) => [key, item.write(each)])),
  };
}

/** Marks a property that may be missing. */
export function optional<T>(codec: Codec<T>): OptionalField<T> {
  return { optional: codec };
}

/** An object with exactly these properties. */
export function shape<T extends object>(fields: Fields<T>): Codec<T> {
  const known = Object.entries(fields as Record<string, Codec<unknown> | OptionalField<unknown>>).map(([key, field]) =>
    "optional" in field ? { key, codec: field.optional, required: false } : { key, codec: field, required: true },
  );
  const keys = new Set(known.map(({ key }) => key));
  return {
    read: (json, at) => {
      const source = object(json, at);
      for (const key in source)
        if (!keys.has(key)) throw new CodecError(`${at} has an unknown property ${JSON.stringify(key.slice(0, 80))}`);
      const result: Record<string, unknown> = {};
      for (const { key, codec, required } of known) {
        const value = source[key];
        if (value !== undefined) result[key] = codec.read(value, `${at}.${key}`);
        else if (required) throw new CodecError(`${at}.${key} is missing`);
      }
      return result as T;
    },
    write: (value) => {
      const source = value as Record<string, unknown>;
      const result: Record<string, unknown> = {};
      for (const { key, codec } of known) if (source[key] !== undefined) result[key] = codec.write(source[key]);
      return result;
    },
  };
}

/** The first of several codecs that reads it; each is tried by which property is there, so their messages stay exact. */
export function byProperty<T extends object>(codecs: Readonly<Record<string, Codec<T>>>): Codec<T> {
  const choose = (value: object) => Object.keys(codecs).find((key) => Object.hasOwn(value, key));
  return {
    read: (json, at) => {
      const codec = codecs[choose(object(json, at)) ?? ""];
      if (codec === undefined)
        throw new CodecError(`${at} has none of the properties ${Object.keys(codecs).join(", ")}`);
      return codec.read(json, at);
    },
    write: (value) => codecs[choose(value) ?? ""]?.write(value),
  };
}

function object(json: unknown, at: string): Record<string, unknown> {
  if (typeof json !== "object" || json === null || Array.isArray(json)) throw new CodecError(`${at} is not an object`);
  return json as Record<string, unknown>;
}

/** Without a prototype, so that a key like `__proto__` is only a key. */
function fromEntries<T>(entries: readonly (readonly [string, T])[]): Record<string, T> {
  const result = Object.create(null) as Record<string, T>;
  for (const [key, value] of entries) result[key] = value;
  return result;
}
