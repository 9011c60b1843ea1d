/**
 * Control characters (C0, DEL, C1), line and paragraph separators, zero-width and bidirectional marks: what could
 * move a terminal's cursor, start a line of its own in a log, or show a text other than the one sent.
 */
// biome-ignore lint/suspicious/noControlCharactersInRegex: removing them is the point.
const unprintable = /[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]+/g;

/**
 * A foreign text made fit for one line of a terminal or a log: each run of unprintable characters becomes one space,
 * and the text ends after `limit` characters.
 */
export function printable(text: string, limit = 2000): string {
  const line = text
    .slice(0, limit * 2)
    .replace(unprintable, " ")
    .trim();
  return line.length > limit ? `${line.slice(0, limit)}…` : line;
}
