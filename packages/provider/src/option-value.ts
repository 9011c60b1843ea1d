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
    case "url": {
      const address = text === undefined ? undefined : webAddress(text.trim());
      return address === undefined
        ? wrong("an http or https URL without user name and fragment, or a host", given, option)
        : { value: address };
    }
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

/** The URL a text is, or stands for: `host` and `host:port`, as some tools name a server, mean https. */
function webAddress(text: string): string | undefined {
  if (isHost(text)) return `https://${text}`;
  if (!/^https?:\/\//i.test(text) || !URL.canParse(text)) return undefined;
  const { username, password, hash } = new URL(text);
  return username === "" && password === "" && hash === "" ? text : undefined;
}

/** A name with a dot, an address, or anything of that kind with a port: a single word is more likely a mistake. */
function isHost(text: string): boolean {
  if (!/^([a-z0-9-]+(\.[a-z0-9-]+)+|(?!https?:)[a-z0-9-]+(?=:)|\[[0-9a-f:.]+\])(:\d{1,5})?$/i.test(text)) return false;
  const url = `https://${text}`;
  if (!URL.canParse(url)) return false;
  // URLs read 10.1 and 0x7f.1 as addresses; whoever wrote that meant something else.
  return text.startsWith("[") || new URL(url).host === text.toLowerCase().replace(/:443$/, "");
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
