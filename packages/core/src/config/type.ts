import type { JsonSchema } from "../json/json-type.ts";
import type { Located, Path, PathSegment, Position } from "./located.ts";

/** What a reader returns instead of a value once it has told a fault. */
export const bad: unique symbol = Symbol("bad");
export type Bad = typeof bad;

/** The problem of a required key that is not there. */
export const missing = "is missing";

/** Where a reader is, and where it tells faults. */
export interface Reading {
  readonly path: Path;
  /** Relative paths in the file start here: the file's own directory. Absolute. */
  readonly directory: string;
  /** The same, one step further in. */
  readonly at: (segment: PathSegment) => Reading;
  /** Tells a fault and returns {@link bad}, so that a reader can end with it. */
  readonly fault: (at: Position, problem: string, hint: string) => Bad;
}

export type { JsonSchema };

/**
 * One kind of value: how it is read, and how schema and reference page tell of it.
 *
 * Collections leave out what is bad, so that the rest of the file can be checked all the same; whoever started the
 * reading looks at the faults told, not at the value.
 */
export interface Type<T> {
  /** For the reference page: `duration`, `list of text`. */
  readonly label: string;
  readonly read: (node: Located, reading: Reading) => T | Bad;
  readonly schema: JsonSchema;
  /** The named objects inside, which get sections and definitions of their own. */
  readonly objects: readonly NamedObject[];
}

/** What a type reads to. */
export type Infer<T> = T extends Type<infer V> ? V : never;

/** Required: the file says it. Optional: it may be missing. Filled: a default stands in. */
export type Presence = "required" | "optional" | "filled";

/** One key of an object; all that is known of it stands in the table once. */
export interface Key<T, P extends Presence = Presence> {
  readonly type: Type<T>;
  readonly presence: P;
  /** One line or a few sentences for the reference and for editors. */
  readonly description: string;
  /** Filled: as it would be written in the file. */
  readonly default?: unknown;
  /** Optional: what happens without it, for the reference. */
  readonly absent?: string;
}

// biome-ignore lint/suspicious/noExplicitAny: values differ from key to key; ValuesOf restores each.
export type Keys = Readonly<Record<string, Key<any>>>;

type OptionalNames<K extends Keys> = { [N in keyof K]: K[N]["presence"] extends "optional" ? N : never }[keyof K];

/** The TypeScript type of an object with these keys. */
export type ValuesOf<K extends Keys> = Simplify<
  { readonly [N in Exclude<keyof K, OptionalNames<K>>]: Infer<K[N]["type"]> } & {
    readonly [N in OptionalNames<K>]?: Infer<K[N]["type"]>;
  }
>;

type Simplify<T> = { [N in keyof T]: T[N] };

/** An object the reference page has a section for. */
export interface NamedObject {
  readonly name: string;
  readonly description: string;
  readonly keys: Keys;
  readonly schema: JsonSchema;
  /** Of its keys. */
  readonly objects: readonly NamedObject[];
}

export function required<T>(type: Type<T>, description: string): Key<T, "required"> {
  return { type, presence: "required", description };
}

/** `absent` says what happens without it. */
export function optional<T>(type: Type<T>, description: string, absent?: string): Key<T, "optional"> {
  return { type, presence: "optional", description, ...(absent === undefined ? {} : { absent }) };
}

/** `fallback` as it would be written in the file. */
export function filled<T>(type: Type<T>, fallback: unknown, description: string): Key<T, "filled"> {
  return { type, presence: "filled", description, default: fallback };
}

/** What a node is, for `should be ..., not ...`. */
export function describeNode(node: Located): string {
  if (node.kind !== "scalar") return node.kind === "list" ? "a list" : "a mapping";
  return node.value === null ? "empty" : JSON.stringify(shorten(node.source));
}

export function shorten(text: string, longest = 60): string {
  return text.length > longest ? `${text.slice(0, longest - 1)}…` : text;
}
