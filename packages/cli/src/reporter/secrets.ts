/** Values that must never be shown. Filled as secrets are read, asked wherever text leaves the program. */
export interface Secrets {
  add(value: string): void;
  /** One of those that take each other's place, such as hourly tokens: the last {@link mostPassing} of them are masked. */
  addPassing(value: string): void;
  mask(text: string): string;
  /** The same for what becomes JSON: every string in it. */
  maskAll(value: unknown): unknown;
}

/** What stands in a secret's place. */
const shown = "[secret]";

/** Shorter values would hide ordinary words, and are no secrets worth the name. */
const shortest = 4;

/** Enough for a day of hourly credentials of three parts: a service lives for months, and every form costs each line it writes. */
export const mostPassing = 72;

/** An empty set of secrets. */
export function createSecrets(): Secrets {
  const lasting = new Set<string>();
  const passing = new Set<string>();
  let longestFirst: readonly string[] = [];
  const sort = () => {
    const forms = new Set([...lasting, ...passing].flatMap(formsOf));
    longestFirst = [...forms].sort((a, b) => b.length - a.length);
  };
  const mask = (text: string) => longestFirst.reduce((masked, form) => masked.replaceAll(form, shown), text);
  const maskAll = (value: unknown): unknown => {
    if (typeof value === "string") return mask(value);
    if (Array.isArray(value)) return value.map(maskAll);
    if (typeof value !== "object" || value === null) return value;
    if (value instanceof Date) return value.toISOString();
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, maskAll(inner)]));
  };
  return {
    add: (value) => {
      if (lasting.has(value)) return;
      lasting.add(value);
      sort();
    },
    addPassing: (value) => {
      const isNew = !passing.delete(value);
      passing.add(value);
      const [oldest] = passing;
      if (oldest !== undefined && passing.size > mostPassing) passing.delete(oldest);
      if (isNew) sort();
    },
    mask,
    maskAll,
  };
}

/** The value as it is, and as it looks in URLs, in JSON and in base64. */
function formsOf(value: string): readonly string[] {
  const trimmed = value.trim();
  if (trimmed.length < shortest) return [];
  const bytes = Buffer.from(trimmed);
  return [
    trimmed,
    encodeURIComponent(trimmed),
    JSON.stringify(trimmed).slice(1, -1),
    bytes.toString("base64"),
    bytes.toString("base64url"),
    ...linesOf(trimmed),
  ];
}

/** A key in PEM may be shown line by line. */
function linesOf(value: string): readonly string[] {
  if (!value.includes("\n")) return [];
  return value
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line.length >= 16 && !line.startsWith("-----"));
}
