import { nearest } from "@certwright/provider";
import { type Located, type LocatedMap, located } from "./located.ts";
import {
  type Bad,
  bad,
  describeNode,
  type JsonSchema,
  type Key,
  type Keys,
  missing,
  type NamedObject,
  type Reading,
  type Type,
  type ValuesOf,
} from "./type.ts";

/** A list; with `distinct`, no entry twice. */
export function list<T>(
  item: Type<T>,
  options: { readonly least?: number; readonly most?: number; readonly distinct?: boolean } = {},
): Type<readonly T[]> {
  const { least = 0, most = 10_000, distinct = false } = options;
  return {
    label: `list of ${item.label}`,
    schema: {
      type: "array",
      items: item.schema,
      ...(least > 0 ? { minItems: least } : {}),
      ...(distinct ? { uniqueItems: true } : {}),
    },
    objects: item.objects,
    read: (node, reading) => {
      if (node.kind !== "list") {
        const problem = `should be a list, not ${describeNode(node)}`;
        return reading.fault(node.at, problem, "Write it as [a, b], or as lines that start with a dash.");
      }
      if (node.items.length < least) {
        return reading.fault(node.at, "has too few entries", `At least ${least} ${least === 1 ? "is" : "are"} needed.`);
      }
      if (node.items.length > most) {
        return reading.fault(node.at, `has ${node.items.length} entries`, `At most ${most} are taken.`);
      }
      const values = node.items.map((each, index) => item.read(each, reading.at(index)));
      if (distinct) tellRepeated(node.items, values, reading);
      return values.filter((value): value is Exclude<typeof value, Bad> => value !== bad) as readonly T[];
    },
  };
}

function tellRepeated(nodes: readonly Located[], values: readonly unknown[], reading: Reading): void {
  const seen = new Map<string, number>();
  values.forEach((value, index) => {
    const node = nodes[index];
    if (value === bad || node === undefined) return;
    const key = JSON.stringify(value);
    const first = seen.get(key);
    if (first === undefined) seen.set(key, index);
    else reading.at(index).fault(node.at, `is the same as entry ${first + 1} of the list`, "Leave one of them out.");
  });
}

/** A mapping with keys of the user's own choice. Without a value it is empty. */
export function dictionary<T>(key: Type<string>, item: Type<T>): Type<Readonly<Record<string, T>>> {
  return {
    label: `mapping of ${item.label}`,
    schema: { type: ["object", "null"], propertyNames: key.schema, additionalProperties: item.schema },
    objects: item.objects,
    read: (node, reading) => {
      const map = asMap(node, reading);
      if (map === bad) return bad;
      const values = new Map<string, T>();
      for (const [name, { keyAt, value }] of map.entries) {
        const inside = reading.at(name);
        const named = key.read({ kind: "scalar", value: name, source: name, at: keyAt, size: 1 }, inside);
        const read = item.read(value, inside);
        if (named === bad || read === bad) continue;
        if (values.has(named)) inside.fault(keyAt, `means ${named}, which is there already`, "Keep one of them.");
        values.set(named, read);
      }
      return withoutPrototype(values);
    },
  };
}

/** A type with named keys: its own section of the reference, its own definition of the schema. */
export type ObjectType<K extends Keys> = Type<ValuesOf<K>> & { readonly self: NamedObject };

/** An object with exactly these keys. Where none is required it may be left empty. */
export function object<const K extends Keys>(name: string, description: string, keys: K): ObjectType<K> {
  const entries = Object.entries(keys);
  const needed = entries.filter(([, { presence }]) => presence === "required").map(([key]) => key);
  const schema: JsonSchema = {
    type: needed.length > 0 ? "object" : ["object", "null"],
    description,
    properties: Object.fromEntries(entries.map(([key, each]) => [key, keySchema(each)])),
    ...(needed.length > 0 ? { required: needed } : {}),
    additionalProperties: false,
  };
  const self: NamedObject = {
    name,
    description,
    keys,
    schema,
    objects: entries.flatMap(([, { type }]) => type.objects),
  };
  return {
    label: `[${name}](#${name})`,
    schema: { $ref: `#/definitions/${name}` },
    objects: [self],
    self,
    read: (node, reading) => readObject(keys, entries, node, reading) as ValuesOf<K> | Bad,
  };
}

function keySchema(key: Key<unknown>): JsonSchema {
  const notes = {
    description: key.description,
    ...(key.presence === "filled" ? { default: key.default } : {}),
  };
  // Draft 7 ignores whatever stands beside a $ref.
  return "$ref" in key.type.schema ? { allOf: [key.type.schema], ...notes } : { ...key.type.schema, ...notes };
}

function readObject(
  keys: Keys,
  entries: readonly (readonly [string, Keys[string]])[],
  node: Located,
  reading: Reading,
): Readonly<Record<string, unknown>> | Bad {
  const map = asMap(node, reading);
  if (map === bad) return bad;
  for (const [name, { keyAt }] of map.entries) {
    if (!Object.hasOwn(keys, name)) tellUnknown(name, keys, reading.at(name), keyAt);
  }
  const result: Record<string, unknown> = {};
  let isBad = false;
  for (const [name, key] of entries) {
    const entry = map.entries.get(name);
    if (entry === undefined && key.presence === "optional") continue;
    if (entry === undefined && key.presence === "required") {
      reading.at(name).fault(map.at, missing, `It is needed: ${key.description}`);
      isBad = true;
      continue;
    }
    let value = key.type.read(entry?.value ?? located(key.default, map.at), reading.at(name));
    // A fault was told; the default keeps the rest of the file checkable.
    if (value === bad && key.presence === "filled")
      value = key.type.read(located(key.default, map.at), reading.at(name));
    if (value !== bad) result[name] = value;
    else if (key.presence === "required") isBad = true;
  }
  return isBad ? bad : result;
}

function tellUnknown(name: string, keys: Keys, reading: Reading, at: LocatedMap["at"]): void {
  if (name === "<<") {
    reading.fault(at, "is a merge key, which YAML 1.2 does not have", "Say what certificates share under defaults.");
    return;
  }
  const meant = nearest(name, Object.keys(keys));
  const known = `Known here: ${Object.keys(keys).join(", ")}.`;
  reading.fault(at, "is not a known key", meant === undefined ? known : `Did you mean ${meant}? ${known}`);
}

/** One of several objects, told apart by which of these keys is there. */
export function variants<const V extends Readonly<Record<string, ObjectType<Keys>>>>(
  options: V,
): Type<{ [N in keyof V]: V[N] extends Type<infer T> ? T : never }[keyof V]> {
  const names = Object.keys(options);
  const either = names.join(" or ");
  return {
    label: Object.values(options)
      .map(({ label }) => label)
      .join(" or "),
    schema: { oneOf: Object.values(options).map(({ schema }) => schema) },
    objects: Object.values(options).flatMap(({ objects }) => objects),
    read: (node, reading) => {
      const map = asMap(node, reading);
      if (map === bad) return bad;
      const present = names.filter((name) => map.entries.has(name));
      const [only, second] = present;
      if (only === undefined) {
        const meant = [...map.entries.keys()].map((key) => nearest(key, names)).find((name) => name !== undefined);
        const hint = `Give exactly one of: ${names.join(", ")}.`;
        return reading.fault(map.at, `needs ${either}`, meant === undefined ? hint : `Did you mean ${meant}? ${hint}`);
      }
      if (second !== undefined) {
        const at = map.entries.get(second)?.keyAt ?? map.at;
        return reading.fault(at, `has both ${only} and ${second}`, "Make two entries, one for each.");
      }
      return (options[only] as V[string]).read(map, reading) as never;
    },
  };
}

/** One type for each form a value may have in the file. */
export function byForm<T>(forms: {
  readonly scalar?: Type<T>;
  readonly list?: Type<T>;
  readonly map?: Type<T>;
}): Type<T> {
  const types = Object.values(forms);
  const expected = Object.entries({ scalar: "a text", list: "a list", map: "a mapping" })
    .filter(([form]) => form in forms)
    .map(([, name]) => name)
    .join(" or ");
  return {
    label: types.map(({ label }) => label).join(" or "),
    schema: { anyOf: types.map(({ schema }) => schema) },
    objects: types.flatMap(({ objects }) => objects),
    read: (node, reading) => {
      const type = forms[node.kind];
      if (type !== undefined) return type.read(node, reading);
      return reading.fault(node.at, `should be ${expected}, not ${describeNode(node)}`, `Write ${expected}.`);
    },
  };
}

/** An object of which only one key is said: `dns-01` for `{ type: dns-01 }`. */
export function shorthand<T>(type: Type<T>, key: string, value: Type<unknown>): Type<T> {
  return {
    label: value.label,
    schema: value.schema,
    objects: value.objects,
    read: (node, reading) => {
      const whole: LocatedMap = {
        kind: "map",
        at: node.at,
        entries: new Map([[key, { keyAt: node.at, value: node }]]),
        size: node.size,
      };
      // For the person there is no such key.
      return type.read(whole, { ...reading, at: (segment) => (segment === key ? reading : reading.at(segment)) });
    },
  };
}

/** The mapping a node is; one without a value is an empty mapping. */
export function asMap(node: Located, reading: Reading): LocatedMap | Bad {
  if (node.kind === "map") return node;
  if (node.kind === "scalar" && node.value === null) return { kind: "map", at: node.at, entries: new Map(), size: 1 };
  const problem = `should be a mapping, not ${describeNode(node)}`;
  return reading.fault(node.at, problem, "Write its keys on lines of their own, indented, each as key: value.");
}

/** Without a prototype, so that a key like `__proto__` is only a key. */
export function withoutPrototype<T>(entries: Iterable<readonly [string, T]>): Readonly<Record<string, T>> {
  const result = Object.create(null) as Record<string, T>;
  for (const [key, value] of entries) result[key] = value;
  return result;
}
