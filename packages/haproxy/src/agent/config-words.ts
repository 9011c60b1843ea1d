import { HaproxyError } from "../errors.ts";

/**
 * The words of one line of HAProxy's configuration (configuration manual, section 2.2): blanks part words, `#` begins a
 * comment, `\` takes the next character as it is, `'` quotes everything and `"` all but `\` and variables.
 *
 * @throws HaproxyError HAPROXY_ACME_CONFIG for an open quote, or a variable that `env` does not have
 */
export function configWords(line: string, env: Readonly<Record<string, string | undefined>>): readonly string[] {
  const words: string[] = [];
  let word: string | undefined;
  let quote = "";
  for (let at = 0; at < line.length; at++) {
    const char = line[at] ?? "";
    if (quote === "'") {
      if (char === "'") quote = "";
      else word = (word ?? "") + char;
    } else if (char === "\\") {
      at += 1;
      word = (word ?? "") + (line[at] ?? "");
    } else if (char === '"') {
      quote = quote === "" ? char : "";
      word ??= "";
    } else if (quote === '"' && char === "$") {
      const [whole = "", braced, bare] = /^\$(?:\{(\w+)\}|(\w+))/.exec(line.slice(at)) ?? [];
      word = (word ?? "") + (whole === "" ? char : variable(braced ?? bare ?? "", env));
      at += Math.max(whole.length - 1, 0);
    } else if (quote === '"') word = (word ?? "") + char;
    else if (char === "'") {
      quote = char;
      word ??= "";
    } else if (char === "#") break;
    else if (/\s/.test(char)) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else word = (word ?? "") + char;
  }
  if (quote !== "") throw configError("a quote stays open");
  return word === undefined ? words : [...words, word];
}

function variable(name: string, env: Readonly<Record<string, string | undefined>>): string {
  const value = env[name];
  if (value === undefined) throw configError(`the variable ${name} is not set here`);
  return value;
}

/** The error for configuration this reader cannot make sense of. */
export function configError(what: string, cause?: unknown): HaproxyError {
  return new HaproxyError("HAPROXY_ACME_CONFIG", `HAProxy's configuration cannot be read: ${what}.`, {
    ...(cause === undefined ? {} : { cause }),
    hint: "Name the files HAProxy was started with, and set the variables they use.",
  });
}
