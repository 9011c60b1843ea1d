import { printable } from "./mask.ts";
import type { OptionDefinition } from "./options.ts";

/** A value of an option once read. */
export type OptionValue = string | number | boolean | readonly string[];

/** A value, or why it is none. */
export type ParsedOption = { readonly value: OptionValue } | { readonly problem: string };

/** Reads what was given for an option; texts are read by the option's type, other values must have it already. */
export function parseOption(given: unknown, option: OptionDefinition): ParsedOption {
  const parsed = parse(given, option);
  if ("problem" in parsed || option.choices === undefined) return parsed;
  const wrong = [parsed.value].flat().find((value) => !option.choices?.includes(String(value)));
  if (wrong === undefined) return parsed;
  return { problem: `should be one of ${option.choices.join(", ")}, not ${shown(wrong, option)}` };
}

function parse(given: unknown, option: OptionDefinition): ParsedOption {
  const text = typeof given === "string" ? given : undefined;
  switch (option.type) {
    case "integer": {
      const number = text !== undefined && /^\s*-?\d{1,15}\s*$/.test(text) ? Number(text) : given;
      return Number.isSafeInteger(number) ? { value: number as number } : wrong("a whole number", given, option);
    }
    case "boolean": {
      const flag = typeof given === "boolean" ? given : booleans.get(text?.trim().toLowerCase() ?? "");
      return flag === undefined ? wrong("true or false", given, option) : { value: flag };
    }
    case "list": {
      const items = text === undefined ? given : text.split(",").map((item) => item.trim());
      if (!Array.isArray(items) || !items.every((item) => typeof item === "string"))
        return wrong("a list of texts", given, option);
      return { value: items.filter((item) => item !== "") };
    }
    case "url":
      return text !== undefined && isWebAddress(text.trim())
        ? { value: text.trim() }
        : wrong("an http or https URL without user name and fragment", given, option);
    default:
      // YAML reads an account number as a number; that is no reason to refuse it.
      if (typeof given === "number" && Number.isSafeInteger(given)) return { value: String(given) };
      return text === undefined ? wrong("a text", given, option) : { value: text };
  }
}

const booleans = new Map([
  ["true", true],
  ["1", true],
  ["yes", true],
  ["on", true],
  ["false", false],
  ["0", false],
  ["no", false],
  ["off", false],
]);

function isWebAddress(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, username, password, hash } = new URL(text);
  return (protocol === "https:" || protocol === "http:") && username === "" && password === "" && hash === "";
}

function wrong(expected: string, given: unknown, option: OptionDefinition): ParsedOption {
  return { problem: `should be ${expected}, not ${shown(given, option)}` };
}

/** What was given, as far as it may be shown. */
function shown(given: unknown, option: OptionDefinition): string {
  if (option.secret === true) return "what was given";
  if (typeof given === "string") return `"${printable(given, 60)}"`;
  return typeof given === "object" ? (Array.isArray(given) ? "a list" : "an object") : String(given);
}
