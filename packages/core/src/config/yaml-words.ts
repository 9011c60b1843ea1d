import type { ErrorCode } from "yaml";
import type { ConfigFault } from "./config-error.ts";
import type { Position } from "./located.ts";

type Words = readonly [problem: string, hint: string];

const unclosed: Words = [
  "a quote or a bracket is not closed",
  "Close it; a text with special characters needs quotes.",
];
const unknown: Words = ["this is not YAML", "Look at this line and the one before; quotes may be missing."];

/** Our own words: the library's quote the text, which may be a secret. */
const words: Readonly<Partial<Record<ErrorCode, Words>>> = {
  TAB_AS_INDENT: ["a tab is used as indentation", "YAML is indented with spaces only."],
  MISSING_CHAR: unclosed,
  BAD_INDENT: [
    "the indentation does not fit",
    "Indent the keys of one mapping alike, with spaces; quote texts that hold special characters.",
  ],
  BLOCK_AS_IMPLICIT_KEY: ["a colon stands where no key can be", 'A text that holds ": " needs quotes.'],
  MULTILINE_IMPLICIT_KEY: ["a line has no colon", "Write key: value; a text over several lines needs quotes."],
  BAD_DQ_ESCAPE: ["a backslash starts no escape", "Use single quotes, or write \\\\ for a backslash."],
  BAD_SCALAR_START: ["a text starts with a character YAML keeps for itself", "Put the text in quotes."],
  MULTIPLE_DOCS: ["a second document starts here (---)", "One file holds one configuration."],
  NON_STRING_KEY: ["a key is no text", "Write key: value; a text in braces or brackets needs quotes."],
  RESOURCE_EXHAUSTION: ["the nesting is too deep", "Nothing here has so many levels."],
  BAD_ALIAS: ["an alias is wrong", "A text that starts with * or & needs quotes."],
  TAG_RESOLVE_FAILED: [
    "a value does not fit its tag",
    "Tags (!name) mean nothing here; leave it out, or quote the text.",
  ],
};

/** What the library found wrong, for people. */
export function syntaxFault(code: ErrorCode, { line, column }: Position): ConfigFault {
  const [problem, hint] = words[code] ?? unknown;
  return { line, column, path: "", problem, hint };
}
