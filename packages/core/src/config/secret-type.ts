import { resolve } from "node:path";
import type { SecretRef } from "../spec.ts";
import { asMap, byForm, withoutPrototype } from "./collections.ts";
import type { Located } from "./located.ts";
import { path, plainText, text } from "./scalars.ts";
import { bad, describeNode, type JsonSchema, type NamedObject, optional, type Reading, type Type } from "./type.ts";

/** What to write instead of a secret. */
export const secretHint = "Refer to it: { env: NAME }, { file: path } or { command: [program, argument] }.";

const envName = /^[A-Za-z_][A-Za-z0-9_]{0,254}$/;

/** A program and its arguments: never a line for a shell. */
export const argv: Type<readonly [string, ...string[]]> = {
  label: "program and arguments",
  schema: { type: "array", items: { type: "string" }, minItems: 1 },
  objects: [],
  read: (node, reading) => {
    const hint = 'No shell reads it. Write a list: [/usr/bin/systemctl, reload, nginx], or ["/bin/sh", "-c", "..."].';
    if (node.kind !== "list") return reading.fault(node.at, `should be a list, not ${formOf(node)}`, hint);
    const [first, ...rest] = node.items;
    if (first === undefined) return reading.fault(node.at, "is empty", hint);
    const program = text({ longest: 4096 }).read(first, reading.at(0));
    const args = rest.map((item, index) => argument(item, reading.at(index + 1)));
    if (program === bad || args.includes(bad)) return bad;
    const isRelative = program.includes("/") && !program.startsWith("/");
    return [isRelative ? resolve(reading.directory, program) : program, ...(args as readonly string[])];
  },
};

/** An argument may be empty and may have several lines, unlike other texts. */
function argument(node: Located, reading: Reading): string | typeof bad {
  const value = plainText(node, reading, "text");
  if (value === bad) return bad;
  if (value.includes("\0") || value.length > 65_536) return reading.fault(node.at, "is no argument", "Shorten it.");
  return value;
}

const keys = {
  env: optional(text(), "Name of an environment variable."),
  file: optional(text(), "Path of a file, relative to this one; line ends at its end do not count."),
  command: optional(argv, "Program that prints it, with arguments; no shell."),
};

const refSchema: JsonSchema = {
  description: "Where a secret is found. Exactly one of the keys.",
  oneOf: [
    ref("env", { type: "string", pattern: envName.source, description: keys.env.description }),
    ref("file", { type: "string", minLength: 1, description: keys.file.description }),
    ref("command", { ...argv.schema, description: keys.command.description }),
  ],
};

function ref(key: string, schema: JsonSchema): JsonSchema {
  return { type: "object", properties: { [key]: schema }, required: [key], additionalProperties: false };
}

const secretSection: NamedObject = {
  name: "secret",
  description: "Where a secret is found; exactly one of the keys. A secret itself never stands in the file.",
  keys,
  schema: refSchema,
  objects: [],
};

/** `{ env: NAME }`, `{ file: path }` or `{ command: [...] }`. What else stands there is refused and never shown. */
export const secretRef: Type<SecretRef> = {
  label: "[secret](#secret)",
  schema: { $ref: "#/definitions/secret" },
  objects: [secretSection],
  read: (node, reading) => {
    if (node.kind !== "map") return reading.fault(node.at, "is a secret, which must not stand in the file", secretHint);
    const map = asMap(node, reading);
    if (map === bad) return bad;
    const [name, second] = [...map.entries.keys()];
    const entry = name === undefined ? undefined : map.entries.get(name);
    if (entry === undefined || second !== undefined) {
      return reading.fault(node.at, "should have exactly one of env, file, command", secretHint);
    }
    const inside = reading.at(name ?? "");
    if (name === "env") {
      const value = text().read(entry.value, inside);
      if (value === bad) return bad;
      if (envName.test(value)) return { env: value };
      // Not shown: somebody may have put the secret itself here.
      return inside.fault(
        entry.value.at,
        "is no name of an environment variable",
        "Write { env: NAME }, the name alone.",
      );
    }
    if (name === "file") {
      const value = text().read(entry.value, inside);
      return value === bad ? bad : { file: resolve(reading.directory, value) };
    }
    if (name === "command") {
      const value = argv.read(entry.value, inside);
      return value === bad ? bad : { command: value };
    }
    return inside.fault(entry.keyAt, "is no way to refer to a secret", secretHint);
  },
};

/** A text that anybody may see, or a reference to one that nobody may. */
export const textOrSecret: Type<string | SecretRef> = byForm<string | SecretRef>({ scalar: text(), map: secretRef });

/** A private key's file, or where else it is. */
export const keyRef: Type<string | SecretRef> = {
  ...byForm<string | SecretRef>({ scalar: path, map: secretRef }),
  label: "path or [secret](#secret)",
};

/** Words in names of options that hold secrets, where no definition says which do. */
const secretWord =
  /^(?:.*(?:password|passwd|passphrase|secret|token|credentials?|cookie|authorization|(?:api|auth|private|secret)key)|pass|pw|pwd|key|auth|hmac|private)$/;
/** Words that make the name that of something about the secret. */
const aboutWord = /^(?:id|name|file|path|type|url|uri|host|algorithm|ttl)$/;

/** Whether a name is one that secrets have: `apiToken`, `PASSWORD`, `X-Auth-Key`; not `keyId`, `tokenFile`. */
export function soundsSecret(name: string): boolean {
  const words = name
    .replace(/([a-z0-9])([A-Z])/g, "$1_$2")
    .toLowerCase()
    .split(/[^a-z0-9]+/);
  return !aboutWord.test(words.at(-1) ?? "") && words.some((word) => secretWord.test(word));
}

/** Texts or references by name; a name that sounds like a secret's takes a reference only. */
export function namedValues(key: Type<string>, label: string): Type<Readonly<Record<string, string | SecretRef>>> {
  return {
    label,
    schema: { type: ["object", "null"], propertyNames: key.schema, additionalProperties: textOrSecret.schema },
    objects: textOrSecret.objects,
    read: (node, reading) => {
      const map = asMap(node, reading);
      if (map === bad) return bad;
      const values: [string, string | SecretRef][] = [];
      for (const [name, { keyAt, value }] of map.entries) {
        const inside = reading.at(name);
        const named = key.read({ kind: "scalar", value: name, source: name, at: keyAt, size: 1 }, inside);
        const read = (soundsSecret(name) ? secretRef : textOrSecret).read(value, inside);
        if (named !== bad && read !== bad) values.push([name, read]);
      }
      return withoutPrototype(values);
    },
  };
}

/** An option of a provider, whose definition is asked later: one text, list entries joined by commas. */
export const optionValue: Type<string | SecretRef> = {
  label: "text or [secret](#secret)",
  schema: {
    anyOf: [
      { type: ["string", "number", "boolean"] },
      { type: "array", items: { type: ["string", "number"] } },
      secretRef.schema,
    ],
  },
  objects: secretRef.objects,
  read: (node, reading) => {
    if (node.kind === "map") return secretRef.read(node, reading);
    if (node.kind === "scalar") {
      if (typeof node.value === "boolean") return String(node.value);
      return text({ longest: 16_384 }).read(node, reading);
    }
    const items = node.items.map((item, index) => text().read(item, reading.at(index)));
    if (items.includes(bad)) return bad;
    const comma = items.findIndex((item) => (item as string).includes(","));
    if (comma >= 0) {
      const at = node.items[comma]?.at ?? node.at;
      return reading.at(comma).fault(at, "holds a comma, which separates entries", "Write it as entries of its own.");
    }
    return items.join(",");
  },
};

function formOf(node: Located): string {
  return node.kind === "scalar" && node.value !== null ? "a text" : describeNode(node);
}
