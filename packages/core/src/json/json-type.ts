/**
 * JSON that programs read, stated once: the TypeScript type, the JSON Schema (draft 7) and the reference page derive from
 * the same table.
 */
export interface JsonType<T> {
  /** For the reference page: `text`, `list of` and a link. */
  readonly label: string;
  readonly schema: JsonSchema;
  /** Objects inside that have a name, and with it a definition and a section of their own. */
  readonly objects: readonly NamedJson[];
  /** Only for the compiler: what the JSON is in TypeScript. */
  readonly value?: T;
}

/** A JSON Schema (draft 7, which editors know best), as plain data. */
export type JsonSchema = { readonly [key: string]: unknown };

/** One key of an object. */
export interface Field<T, Optional extends boolean = boolean> {
  readonly type: JsonType<T>;
  readonly description: string;
  readonly optional: Optional;
}

export type Fields = Readonly<Record<string, Field<unknown>>>;

/** An object the reference page has a section for. */
export interface NamedJson {
  readonly name: string;
  readonly description: string;
  readonly fields: Fields;
}

/** What a type is in TypeScript. */
export type JsonOf<T> = T extends JsonType<infer V> ? V : never;

type OptionalNames<F extends Fields> = { [N in keyof F]: F[N] extends Field<unknown, true> ? N : never }[keyof F];

/** The TypeScript type of an object with these fields. */
export type JsonFields<F extends Fields> = Simplify<
  { readonly [N in Exclude<keyof F, OptionalNames<F>>]: JsonOf<F[N]["type"]> } & {
    readonly [N in OptionalNames<F>]?: JsonOf<F[N]["type"]>;
  }
>;

export type Simplify<T> = { [N in keyof T]: T[N] };

export const text: JsonType<string> = { label: "text", schema: { type: "string" }, objects: [] };
export const flag: JsonType<boolean> = { label: "true or false", schema: { type: "boolean" }, objects: [] };
export const amount: JsonType<number> = { label: "number", schema: { type: "number", minimum: 0 }, objects: [] };
export const count: JsonType<number> = { label: "whole number", schema: { type: "integer", minimum: 0 }, objects: [] };

/** ISO 8601 in UTC, to the millisecond. */
export const moment: JsonType<string> = {
  label: "moment",
  schema: { type: "string", pattern: "^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{3}Z$" },
  objects: [],
};

/** One of a few words, or a number that says as much. */
export function word<const W extends readonly (string | number)[]>(...words: W): JsonType<W[number]> {
  return { label: words.map((each) => `\`${each}\``).join(", "), schema: { enum: words }, objects: [] };
}

export function list<T>(of: JsonType<T>): JsonType<readonly T[]> {
  return { label: `list of ${of.label}`, schema: { type: "array", items: of.schema }, objects: of.objects };
}

/** An object with a name. */
export function named<const F extends Fields>(name: string, description: string, fields: F): JsonType<JsonFields<F>> {
  return { label: linkTo(name), schema: referTo(name), objects: [{ name, description, fields }, ...objectsIn(fields)] };
}

/** One of several objects, which the word under one of their keys tells apart. */
export interface Case<F extends Fields = Fields> {
  readonly description: string;
  readonly fields: F;
}

/** The TypeScript type of each case, by its word. */
type FieldsOf<C> = C extends Case<infer F> ? JsonFields<F> : never;

type NoFields = Record<never, Field<unknown>>;

/** The TypeScript type of a union: the fields all have, those of each case, and the word under `By`. */
export type JsonUnion<By extends string, C extends Readonly<Record<string, Case>>, F extends Fields = NoFields> = {
  [W in keyof C]: Simplify<{ readonly [N in By]: W } & JsonFields<F> & FieldsOf<C[W]>>;
}[keyof C];

/** @param prefix before the word, for the name of each case */
export function union<
  const By extends string,
  const C extends Readonly<Record<string, Case>>,
  const F extends Fields = NoFields,
>(prefix: string, by: By, cases: C, common?: F): JsonType<JsonUnion<By, C, F>> {
  const all = Object.entries(cases).map(([value, { description, fields }]): NamedJson => {
    const head: Fields = { [by]: required(word(value), "Which of these it is."), ...common };
    return { name: `${prefix}${value}`, description, fields: { ...head, ...fields } };
  });
  return {
    label: `one of ${all.map(({ name }) => linkTo(name)).join(", ")}`,
    schema: { oneOf: all.map(({ name }) => referTo(name)) },
    objects: all.flatMap((object) => [object, ...objectsIn(object.fields)]),
  };
}

export function oneCase<const F extends Fields>(description: string, fields: F): Case<F> {
  return { description, fields };
}

export function required<T>(type: JsonType<T>, description: string): Field<T, false> {
  return { type, description, optional: false };
}

export function optional<T>(type: JsonType<T>, description: string): Field<T, true> {
  return { type, description, optional: true };
}

/** The schema of one value, with a definition for each named object inside. Objects may hold more keys than it names. */
export function jsonSchemaOf({ schema, objects }: JsonType<unknown>): JsonSchema {
  return { ...schema, definitions: Object.fromEntries(objects.map((object) => [object.name, objectSchema(object)])) };
}

function objectSchema({ description, fields }: NamedJson): JsonSchema {
  const entries = Object.entries(fields);
  const needed = entries.flatMap(([key, field]) => (field.optional ? [] : [key]));
  return {
    type: "object",
    description,
    properties: Object.fromEntries(
      entries.map(([key, field]) => [key, { ...field.type.schema, description: field.description }]),
    ),
    required: needed,
  };
}

function objectsIn(fields: Fields): readonly NamedJson[] {
  return Object.values(fields).flatMap(({ type }) => type.objects);
}

function referTo(name: string): JsonSchema {
  return { $ref: `#/definitions/${name}` };
}

/** To the section of the reference page, whose heading the name is. */
function linkTo(name: string): string {
  return `[${name}](#${name
    .toLowerCase()
    .replaceAll(/[^a-z0-9 -]/g, "")
    .replaceAll(" ", "-")})`;
}
