import { isIP } from "node:net";
import { resolve } from "node:path";
import { nearest } from "@certwright/provider";
import type { Located } from "./located.ts";
import { type Bad, bad, describeNode, type JsonSchema, type Reading, shorten, type Type } from "./type.ts";

interface TextOptions {
  readonly label?: string;
  readonly longest?: number;
  readonly pattern?: RegExp;
  /** What the pattern asks for, and an example: `a label such as main`. */
  readonly expected?: string;
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for.
const controlCharacter = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/;

/** One line of text. A number without quotes is taken as it is written. */
export function text(options: TextOptions = {}): Type<string> {
  const { label = "text", longest = 4096, pattern, expected } = options;
  return {
    label,
    schema: { type: "string", minLength: 1, maxLength: longest, ...(pattern ? { pattern: pattern.source } : {}) },
    objects: [],
    read: (node, reading) => {
      const value = plainText(node, reading, expected ?? "text");
      if (value === bad) return bad;
      if (value === "") return reading.fault(node.at, "is empty", "Give a value, or leave the key out.");
      if (value.length > longest) return reading.fault(node.at, `is longer than ${longest} characters`, "Shorten it.");
      if (controlCharacter.test(value) || !value.isWellFormed()) {
        return reading.fault(node.at, "has a control character or a line break", "Write it on one line.");
      }
      if (pattern !== undefined && !pattern.test(value)) {
        return reading.fault(
          node.at,
          `cannot be ${JSON.stringify(shorten(value))}`,
          `Write ${expected ?? "it right"}.`,
        );
      }
      return value;
    },
  };
}

/** Text checked by a grammar that lives elsewhere; `parse` throws what is wrong. */
export function parsed<T>(type: Type<string>, parse: (text: string) => T): Type<T> {
  return {
    ...type,
    read: (node, reading) => {
      const value = type.read(node, reading);
      if (value === bad) return bad;
      try {
        return parse(value);
      } catch (error) {
        const { message, hint } = error as Error & { readonly hint?: string };
        return reading.fault(node.at, `is wrong: ${withoutStop(message)}`, hint ?? "Correct it.");
      }
    },
  };
}

/** A file or directory, relative to the configuration file; read to an absolute path. */
export const path: Type<string> = {
  ...text({ label: "path" }),
  read: (node, reading) => {
    const value = text().read(node, reading);
    if (value === bad) return bad;
    if (value.startsWith("~")) {
      return reading.fault(node.at, "starts with ~, which only a shell replaces", "Write the whole path.");
    }
    return resolve(reading.directory, value);
  },
};

/** One of a few words. */
export function choice<const W extends readonly [string, ...string[]]>(...words: W): Type<W[number]> {
  return {
    label: words.map((word) => `\`${word}\``).join(", "),
    schema: { enum: words },
    objects: [],
    read: (node, reading) => {
      const value = plainText(node, reading, `one of ${words.join(", ")}`);
      if (value === bad) return bad;
      if (words.includes(value)) return value;
      const meant = nearest(value, words);
      const known = `One of: ${words.join(", ")}.`;
      const hint = meant === undefined ? known : `Did you mean ${meant}? ${known}`;
      return reading.fault(node.at, `cannot be ${JSON.stringify(shorten(value))}`, hint);
    },
  };
}

/** `true` or `false`. */
export const flag: Type<boolean> = {
  label: "true or false",
  schema: { type: "boolean" },
  objects: [],
  read: (node, reading) => {
    if (node.kind === "scalar" && typeof node.value === "boolean") return node.value;
    return reading.fault(
      node.at,
      `should be true or false, not ${describeNode(node)}`,
      "Write true or false, without quotes.",
    );
  },
};

/** A whole number. */
export function integer(least: number, most: number): Type<number> {
  return {
    label: `number, ${least} to ${most}`,
    schema: { type: "integer", minimum: least, maximum: most },
    objects: [],
    read: (node, reading) => {
      const value = node.kind === "scalar" ? node.value : undefined;
      if (typeof value === "number" && Number.isSafeInteger(value) && value >= least && value <= most) return value;
      const problem = `should be a whole number from ${least} to ${most}, not ${describeNode(node)}`;
      return reading.fault(node.at, problem, `Write a number such as ${least}.`);
    },
  };
}

const units: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400 };
const durationForm = /^[1-9][0-9]{0,8}[smhd]$/;

/** `30s`, `5m`, `12h` or `7d`; read to seconds. `least` and `most` are written the same way. */
export function duration(least: string, most: string): Type<number> {
  return {
    label: "duration",
    schema: { type: "string", pattern: durationForm.source },
    objects: [],
    read: (node, reading) => {
      const value = plainText(node, reading, "a duration");
      if (value === bad) return bad;
      const hint = `Write a whole number with s, m, h or d, from ${least} to ${most}: 30s, 5m, 12h, 7d.`;
      const found = seconds(value);
      if (found === undefined) return reading.fault(node.at, `cannot be ${JSON.stringify(shorten(value))}`, hint);
      if (found < (seconds(least) ?? 0) || found > (seconds(most) ?? 0)) {
        return reading.fault(node.at, `cannot be ${value}`, hint);
      }
      return found;
    },
  };
}

function seconds(text: string): number | undefined {
  return durationForm.test(text) ? Number(text.slice(0, -1)) * (units[text.slice(-1)] ?? 0) : undefined;
}

const percentForm = /^(?:100|[1-9]?[0-9])%$/;

/** `85%`; read to 0.85. */
export const percentage: Type<number> = {
  label: "percentage",
  schema: { type: "string", pattern: percentForm.source },
  objects: [],
  read: (node, reading) => {
    const value = plainText(node, reading, "a percentage");
    if (value === bad) return bad;
    if (percentForm.test(value)) return Number(value.slice(0, -1)) / 100;
    return reading.fault(
      node.at,
      `cannot be ${JSON.stringify(shorten(value))}`,
      "Write a whole percentage such as 85%.",
    );
  },
};

/** `host:port`, `[::1]:port` or, with `anyHost`, `:port`. */
export function address(options: { readonly anyHost: boolean }): Type<string> {
  const expected = options.anyHost ? "host:port or :port, such as 127.0.0.1:9465" : "host:port, such as 127.0.0.1:9465";
  const form = options.anyHost
    ? /^(?:\[[0-9a-fA-F:.]+\]|[A-Za-z0-9._-]*):[0-9]{1,5}$/
    : /^(?:\[[0-9a-fA-F:.]+\]|[A-Za-z0-9._-]+):[0-9]{1,5}$/;
  return parsed(text({ label: "host:port", pattern: form, expected }), (value) => {
    const [, bracketed] = /^\[(.*)\]/.exec(value) ?? [];
    const port = Number(value.slice(value.lastIndexOf(":") + 1));
    if (bracketed !== undefined && isIP(bracketed) !== 6) throw new Error("the part in brackets is no IPv6 address");
    if (port < 1 || port > 65_535) throw new Error("the port is not between 1 and 65535");
    return value;
  });
}

/** An `http:` or `https:` URL without credentials; `schemes` others. */
export function url(...schemes: readonly string[]): Type<string> {
  const label = `${schemes.map((scheme) => `${scheme}://`).join(" or ")} URL`;
  return parsed(text({ label }), (value) => {
    const found = URL.parse(value);
    if (found === null || !schemes.includes(found.protocol.slice(0, -1))) throw new Error(`it is no ${label}`);
    if (found.username !== "" || found.password !== "") {
      throw Object.assign(new Error("it holds a user name or a password"), {
        hint: "Give credentials by their own keys.",
      });
    }
    return value;
  });
}

/** The one-line text of a scalar, or a fault that says which form was expected. */
export function plainText(node: Located, reading: Reading, expected: string): string | Bad {
  if (node.kind === "scalar") {
    if (typeof node.value === "string") return node.value;
    if (typeof node.value === "number") return node.source;
    if (typeof node.value === "boolean") {
      return reading.fault(
        node.at,
        `should be ${expected}, not ${node.source}`,
        `If it is a text, quote it: "${node.source}".`,
      );
    }
    return reading.fault(node.at, "has no value", `Write ${expected} after the colon, or leave the key out.`);
  }
  return reading.fault(node.at, `should be ${expected}, not ${describeNode(node)}`, `Write ${expected}.`);
}

/** As a definition some other schema refers to. */
export function described(schema: JsonSchema, description: string): JsonSchema {
  return { ...schema, description };
}

function withoutStop(message: string): string {
  return shorten(message.replace(/[\r\n]+/g, " "), 300).replace(/\.$/, "");
}
