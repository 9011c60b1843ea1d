import { HaproxyError } from "../errors.ts";

/** Variables a configuration may use. */
export interface Variables {
  readonly values: ReadonlyMap<string, string>;
  /** Whether they are HAProxy's own, so that what is not among them is not set. */
  readonly areAll: boolean;
}

/**
 * The words of one line of HAProxy's configuration (configuration manual, sections 2.2 and 2.3): blanks part words, `#`
 * begins a comment, `\` takes what follows as it is, `'` quotes everything and `"` all but `\` and variables. No line is
 * continued on the next.
 *
 * @throws HaproxyError HAPROXY_ACME_CONFIG for an open quote, or a variable nobody knows
 */
export function configWords(line: string, variables: Variables): readonly string[] {
  const words: string[] = [];
  let word: string | undefined;
  let quote = "";
  for (let at = 0; at < line.length; at++) {
    const char = line[at] ?? "";
    if (quote === "'") {
      if (char === "'") quote = "";
      else word = (word ?? "") + char;
    } else if (char === "\\") {
      const [whole = char, hex, one = ""] = (quote === "" ? plainEscape : quotedEscape).exec(line.slice(at)) ?? [];
      word = (word ?? "") + (hex ? String.fromCharCode(Number.parseInt(hex, 16)) : (meant[one] ?? (one || whole)));
      at += whole.length - 1;
    } else if (char === '"') {
      quote = quote === "" ? char : "";
      word ??= "";
    } else if (quote === '"' && char === "$") {
      const [whole = "", braced, fallback, bare] = variable.exec(line.slice(at)) ?? [];
      word = (word ?? "") + (whole === "" ? char : expand(braced ?? bare ?? "", fallback, variables));
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

/** `$NAME`, `${NAME}`, `${NAME-what it is where NAME is not set}`. */
const variable = /^\$(?:\{(\w+)(?:-([^}]*))?\}|(\w+))/;

function expand(name: string, fallback: string | undefined, { values, areAll }: Variables): string {
  const value = values.get(name) ?? fallback ?? (isUnset(name, { values, areAll }) ? "" : undefined);
  if (value === undefined) throw configError(`the variable ${name} is not set here`);
  return value;
}

/** Whether a variable is known not to be set. HAProxy sets some itself while it starts. */
export function isUnset(name: string, { values, areAll }: Variables): boolean {
  return areAll && !values.has(name) && !name.startsWith("HAPROXY_");
}

/** Before any other character a backslash is one. */
const plainEscape = /^\\(?:x([0-9a-fA-F]{2})|([\\ #"'nrt]))/;
const quotedEscape = /^\\(?:x([0-9a-fA-F]{2})|([\\ #"'nrt$]))/;
const meant: Readonly<Record<string, string>> = { n: "\n", r: "\r", t: "\t" };

/** The error for configuration this reader cannot make sense of. */
export function configError(what: string, cause?: unknown): HaproxyError {
  return new HaproxyError("HAPROXY_ACME_CONFIG", `HAProxy's configuration cannot be read: ${what}.`, {
    ...(cause === undefined ? {} : { cause }),
    hint: "Name the files HAProxy was started with, and set the variables they use.",
  });
}
