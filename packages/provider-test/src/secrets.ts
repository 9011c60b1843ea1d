import { inspect } from "node:util";
import type { DefinedProvider, OptionDefinition, OptionsSchema } from "@certwright/provider";

/** Option values by name, as a user would have given them. */
export type GivenOptions = Readonly<Record<string, string | number | boolean | readonly string[]>>;

/**
 * The options the kit opens the provider with: the test's own, and for every required one left out (and for the first group
 * of `oneOf` when none is given) a made-up value; secrets get one that would be noticed anywhere.
 */
export function plantOptions(definition: DefinedProvider<OptionsSchema>, given: GivenOptions): GivenOptions {
  const oneOf = definition.oneOf ?? [];
  const chosen = oneOf.some((group) => group.every((name) => name in given)) ? [] : (oneOf[0] ?? []);
  const planted = Object.entries(definition.options).flatMap(([name, option]) => {
    if (name in given || name === "endpoint" || option.default !== undefined) return [];
    if (option.optional && !chosen.includes(name)) return [];
    return [[name, madeUp(name, option)] as const];
  });
  return { ...Object.fromEntries(planted), ...given };
}

function madeUp(name: string, option: OptionDefinition): string | number | boolean | readonly string[] {
  if (option.secret) return `planted-${name}-5e7c19a4d2`;
  if (option.choices?.[0] !== undefined) return option.choices[0];
  if (option.type === "integer") return 1;
  if (option.type === "boolean") return false;
  if (option.type === "list") return [option.example ?? `${name}-given`];
  return option.example ?? `${name}-given`;
}

/** The same options with every secret wrong but of the same form: letters and digits exchanged, the rest kept. */
export function wrongOptions(definition: DefinedProvider<OptionsSchema>, options: GivenOptions): GivenOptions {
  const wrong = Object.entries(options).map(([name, value]) => {
    if (!definition.options[name]?.secret || typeof value !== "string") return [name, value] as const;
    return [name, value.replace(/[b-y]/g, (letter) => String.fromCharCode(letter.charCodeAt(0) + 1))] as const;
  });
  return Object.fromEntries(wrong);
}

/** The values of the secret options. */
export function secretValues(definition: DefinedProvider<OptionsSchema>, options: GivenOptions): readonly string[] {
  return Object.entries(options).flatMap(([name, value]) =>
    definition.options[name]?.secret && typeof value === "string" && value.length >= 6 ? [value] : [],
  );
}

/** The texts that must never be seen: every secret option's value, as it is, as it travels, and the end of it. */
export function forbiddenTexts(definition: DefinedProvider<OptionsSchema>, options: GivenOptions): readonly string[] {
  const secrets = secretValues(definition, options);
  const lines = secrets.flatMap((secret) => secret.split("\n").filter((line) => line.length > 40));
  const whole = [...secrets, ...lines];
  const travelling = whole.flatMap((text) => [encodeURIComponent(text), Buffer.from(text).toString("base64")]);
  // "…ends in 19a4d2" is a favourite of error messages.
  const ends = secrets.filter((secret) => secret.length >= 20).map((secret) => secret.trim().slice(-8));
  return [...new Set([...whole, ...travelling, ...ends])];
}

/** Fails when anything that can be seen of `what` holds a secret: message, stack, causes, fields. */
export function assertNoSecret(what: unknown, forbidden: readonly string[], where: string) {
  const seen =
    typeof what === "string" ? what : inspect(what, { depth: 12, maxStringLength: null, maxArrayLength: null });
  const leaked = forbidden.find((text) => seen.includes(text));
  if (leaked !== undefined) {
    throw new Error(`a secret is visible in ${where}: ${seen.replaceAll(leaked, "<SECRET>").slice(0, 2_000)}`);
  }
}
