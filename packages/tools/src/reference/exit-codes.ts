import { exitCodeMeanings } from "certwright";

/** The table of exit codes, as README and reference show it. */
export function exitCodeTable(): readonly string[] {
  return ["| code | meaning |", "|---|---|", ...exitCodeMeanings.map(([code, meaning]) => `| ${code} | ${meaning} |`)];
}

/** The text with the table between its markers; a text without them is left as it is. */
export function withExitCodes(text: string): string {
  const markers = /(<!-- exit codes -->\n).*?(<!-- end of exit codes -->)/s;
  return text.replace(markers, (_, begin: string, end: string) => `${begin}\n${exitCodeTable().join("\n")}\n\n${end}`);
}
