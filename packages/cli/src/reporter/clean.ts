import { stripVTControlCharacters } from "node:util";

/**
 * Text from outside, made safe for a terminal and for one line: escape sequences, control characters and invisible marks
 * (such as those that turn the direction of writing, which make text read as something else) are gone, line ends become blanks.
 */
export function clean(text: string): string {
  return stripVTControlCharacters(text)
    .replace(/\s*[\r\n\t\u2028\u2029]+\s*/g, " ")
    .replace(/\p{Cc}|\p{Cf}/gu, "")
    .trimEnd();
}
