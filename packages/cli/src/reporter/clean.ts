import { stripVTControlCharacters } from "node:util";

/** Printable ASCII in which nothing can be a command is safe as it is, and most text is nothing else. */
const safe = /^(?!\s*:)[\x20-\x22\x24-\x7e]*$/;

/**
 * Text from outside, made safe for a terminal, for one line, and for the logs of CI systems: escape sequences, control
 * characters and invisible marks (such as those that turn the direction of writing, which make text read as something else)
 * are gone, line ends become blanks, and what would command a system that reads its logs is broken up by a blank:
 * `::name::` at the beginning, and `##[name]`, `##vso[name]` and the like anywhere.
 */
export function clean(text: string): string {
  if (safe.test(text)) return text.trimEnd();
  return stripVTControlCharacters(text)
    .replace(/\s*[\r\n\t\u2028\u2029]+\s*/g, " ")
    .replace(/\p{Cc}|\p{Cf}/gu, "")
    .replace(logCommand, "# #")
    .replace(/^(\s*):(?=:.*::)/, "$1: ")
    .trimEnd();
}

/** JSON for a log: the same value, written so that it is no command there. */
export function cleanJson(json: string): string {
  return json.replace(logCommand, "\\u0023\\u0023");
}

/** Early commands of GitHub's runner, and those of Azure Pipelines and TeamCity, are found anywhere in a line. */
const logCommand = /##(?=\w*\[)/g;
