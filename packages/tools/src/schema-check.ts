import type { JsonSchema } from "@certwright/core/json";

const known = new Set([
  ...["$schema", "$ref", "title", "description", "default", "definitions", "type", "enum", "pattern", "minLength"],
  ...["maxLength", "minimum", "maximum", "items", "minItems", "uniqueItems", "properties", "required"],
  ...["additionalProperties", "propertyNames", "oneOf", "anyOf", "allOf"],
]);

/** Whether a value follows a schema: as much of draft 7 as ours uses, and an error for anything beyond. */
export function follows(value: unknown, schema: JsonSchema, root: JsonSchema = schema): boolean {
  const unknown = Object.keys(schema).find((key) => !known.has(key));
  if (unknown !== undefined) throw new Error(`the schema uses ${unknown}, which is not looked at here`);
  if (typeof schema.$ref === "string") return follows(value, definition(schema.$ref, root), root);
  const all = (key: string): readonly JsonSchema[] => (schema[key] ?? []) as readonly JsonSchema[];
  const matching = (key: string): number => all(key).filter((each) => follows(value, each, root)).length;
  return (
    isOfType(value, schema.type) &&
    (schema.enum === undefined || (schema.enum as unknown[]).includes(value)) &&
    matching("allOf") === all("allOf").length &&
    (schema.anyOf === undefined || matching("anyOf") > 0) &&
    (schema.oneOf === undefined || matching("oneOf") === 1) &&
    textFollows(value, schema) &&
    numberFollows(value, schema) &&
    listFollows(value, schema, root) &&
    objectFollows(value, schema, root)
  );
}

function definition(ref: string, root: JsonSchema): JsonSchema {
  const name = /^#\/definitions\/(.+)$/.exec(ref)?.[1] ?? "";
  const found = (root.definitions as Readonly<Record<string, JsonSchema>>)[name];
  if (found === undefined) throw new Error(`the schema has no definition ${ref}`);
  return found;
}

function isOfType(value: unknown, type: unknown): boolean {
  if (type === undefined) return true;
  return [type].flat().some((each) => {
    switch (each) {
      case "null":
        return value === null;
      case "array":
        return Array.isArray(value);
      case "object":
        return isObject(value);
      case "integer":
        return Number.isSafeInteger(value);
      default:
        return typeof value === each;
    }
  });
}

function textFollows(
  value: unknown,
  { pattern, minLength = 0, maxLength = Number.POSITIVE_INFINITY }: JsonSchema,
): boolean {
  if (typeof value !== "string") return true;
  const fits = pattern === undefined || new RegExp(pattern as string, "u").test(value);
  return fits && value.length >= (minLength as number) && value.length <= (maxLength as number);
}

function numberFollows(value: unknown, { minimum = -Infinity, maximum = Infinity }: JsonSchema): boolean {
  return typeof value !== "number" || (value >= (minimum as number) && value <= (maximum as number));
}

function listFollows(value: unknown, schema: JsonSchema, root: JsonSchema): boolean {
  if (!Array.isArray(value)) return true;
  const { items = {}, minItems = 0, uniqueItems = false } = schema;
  const distinct = new Set(value.map((item) => JSON.stringify(item))).size === value.length;
  const enough = value.length >= (minItems as number);
  return (
    enough && (distinct || uniqueItems !== true) && value.every((item) => follows(item, items as JsonSchema, root))
  );
}

function objectFollows(value: unknown, schema: JsonSchema, root: JsonSchema): boolean {
  if (!isObject(value)) return true;
  const properties = (schema.properties ?? {}) as Readonly<Record<string, JsonSchema>>;
  const needed = (schema.required ?? []) as readonly string[];
  if (!needed.every((key) => Object.hasOwn(value, key))) return false;
  return Object.entries(value).every(([key, each]) => {
    if (schema.propertyNames !== undefined && !follows(key, schema.propertyNames as JsonSchema, root)) return false;
    const property = Object.hasOwn(properties, key) ? properties[key] : schema.additionalProperties;
    if (property === undefined || property === true) return true;
    return property !== false && follows(each, property as JsonSchema, root);
  });
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The same schema with no key allowed that it does not name: what is published is open to later keys, what is tested is not. */
export function closed(schema: JsonSchema): JsonSchema {
  const inside = Object.entries(schema).map(([key, value]): [string, unknown] => {
    if (Array.isArray(value)) return [key, value.map((each) => (isObject(each) ? closed(each) : each))];
    return [key, isObject(value) ? closed(value) : value];
  });
  const isOpen = isObject(schema.properties) && schema.type === "object" && !("additionalProperties" in schema);
  return { ...Object.fromEntries(inside), ...(isOpen ? { additionalProperties: false } : {}) };
}
