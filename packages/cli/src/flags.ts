import { usageError } from "./errors.ts";

/**
 * One flag of a command. Everything about it stands here once: how it is written, read, explained, and its environment
 * variable, which derives from its long name. `T` is what the command receives.
 */
export interface Flag<T> {
  /** As help shows it: `-d, --domain <names>`. */
  readonly usage: string;
  readonly description: string;
  /** The heading it stands under in help. */
  readonly group: string;
  /** `once` takes one value, `many` may be repeated, `none` takes no value and says true (or false, for `--no-...`). */
  readonly takes: "once" | "many" | "none";
  /** What the command receives where it is left out. */
  readonly fallback: T;
  /** The default as help shows it. */
  readonly shownDefault?: string;
  /** What a flag whose value is optional (`--http [where]`) means without one. */
  readonly preset?: string;
  /** For shell completion: fixed values, or what kind of thing is wanted. */
  readonly complete?: readonly string[] | "file" | "directory" | "provider" | "certificate";
  /** Reads one value; `before` is what earlier ones gave. @throws CertwrightError `CLI_USAGE` */
  readonly read: (text: string, before: T) => T;
}

/** What a command receives for its flags. */
export type FlagValues<F extends Flags> = { readonly [K in keyof F]: F[K] extends Flag<infer T> ? T : never };

// biome-ignore lint/suspicious/noExplicitAny: the values' types differ from flag to flag; FlagValues restores each.
export type Flags = Readonly<Record<string, Flag<any>>>;

type Details = Pick<Flag<unknown>, "group"> & Partial<Pick<Flag<unknown>, "complete" | "shownDefault">>;

/** A flag with one text value. */
export function text(usage: string, description: string, details: Details): Flag<string | undefined> {
  return read(usage, description, details, (value) => value);
}

/** A flag with one value of a grammar of its own. */
export function read<T>(
  usage: string,
  description: string,
  details: Details,
  parse: (value: string) => T,
): Flag<T | undefined> {
  return {
    ...details,
    usage,
    description,
    takes: "once",
    fallback: undefined,
    read: (value) => parse(filled(usage, value)),
  };
}

/** A flag whose values are separated by commas, or given one by one. */
export function list(usage: string, description: string, details: Details): Flag<readonly string[]> {
  return many(usage, description, details, ",");
}

/** A flag that is repeated for several values, since each may hold commas. Its environment variable holds one per line. */
export function repeated(usage: string, description: string, details: Details): Flag<readonly string[]> {
  return many(usage, description, details, "\n");
}

function many(usage: string, description: string, details: Details, between: string): Flag<readonly string[]> {
  return {
    ...details,
    usage,
    description,
    takes: "many",
    fallback: [],
    read: (value, before) => [...before, ...value.split(between).map((part) => filled(usage, part.trim()))],
  };
}

/** One of a few words. */
export function choice<const C extends readonly [string, ...string[]]>(
  usage: string,
  description: string,
  details: Omit<Details, "complete">,
  choices: C,
  normalise: (value: string) => string = (value) => value,
): Flag<C[number] | undefined> {
  return {
    ...details,
    usage,
    description,
    takes: "once",
    fallback: undefined,
    complete: choices,
    read: (value) => {
      const found = choices.find((word) => word === normalise(value.toLowerCase()));
      if (found === undefined) {
        throw usageError(`${longName(usage)} cannot be ${JSON.stringify(value)}`, `One of: ${choices.join(", ")}.`);
      }
      return found;
    },
  };
}

/** A flag without a value. */
export function toggle(usage: string, description: string, details: Details): Flag<boolean> {
  const off = longName(usage).startsWith("--no-");
  return { ...details, usage, description, takes: "none", fallback: off, read: (value) => readBoolean(usage, value) };
}

/** `--dns-option` of `--dns-option <name=value>`. */
export function longName(usage: string): string {
  return /--[a-z0-9-]+/.exec(usage)?.[0] ?? usage;
}

/** The environment variable that stands for a flag: `--state` is `CERTWRIGHT_STATE`, `--no-color` is `CERTWRIGHT_COLOR`. */
export function envNameOf(flag: Pick<Flags[string], "usage">): string {
  const name = longName(flag.usage).replace(/^--(no-)?/, "");
  return `CERTWRIGHT_${name.toUpperCase().replaceAll("-", "_")}`;
}

/** The same as help shows it; a flag that says no is the variable saying no. */
export function shownEnvOf(flag: Pick<Flags[string], "usage">): string {
  return longName(flag.usage).startsWith("--no-") ? `${envNameOf(flag)}=no` : envNameOf(flag);
}

/** Reads a flag from its environment variable; undefined where that is unset or empty. */
export function readFromEnv<T>(flag: Flag<T>, env: Readonly<Record<string, string | undefined>>): T | undefined {
  const value = env[envNameOf(flag)];
  if (value === undefined || value === "") return undefined;
  return flag.read(value, flag.fallback);
}

function readBoolean(usage: string, value: string): boolean {
  if (/^(1|true|yes|on)$/i.test(value)) return true;
  if (/^(0|false|no|off)$/i.test(value)) return false;
  throw usageError(
    `${longName(usage)} cannot be ${JSON.stringify(value)}`,
    "One of: 1, true, yes, on, 0, false, no, off.",
  );
}

function filled(usage: string, value: string): string {
  if (value === "") throw usageError(`${longName(usage)} has an empty value`, "Give a value, or leave the option out.");
  return value;
}
