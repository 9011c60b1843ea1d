/** How many columns a text takes in a terminal. */
export function widthOf(text: string): number {
  if (plain.test(text)) return text.length;
  let width = 0;
  for (const character of text) width += widthOfCharacter(character);
  return width;
}

/** The text, cut to cut, with a mark where something is missing. */
export function cut(text: string, columns: number): string {
  if (widthOf(text) <= columns) return text;
  let kept = "";
  let width = 0;
  for (const character of text) {
    width += widthOfCharacter(character);
    if (width > columns - 1) break;
    kept += character;
  }
  return columns <= 0 ? "" : `${kept}…`;
}

/** The text with blanks up to a width, where there is one. */
export function pad(text: string, columns: number | undefined): string {
  return columns === undefined ? text : text + " ".repeat(Math.max(0, columns - widthOf(text)));
}

/** Mostly it is: a table of 100,000 rows is not to be measured letter by letter. */
const plain = /^[\x20-\x7e]*$/;

// East Asian wide and emoji blocks (UAX 11), coarsely: a terminal that disagrees only loses a column.
const wide =
  /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1faff}\u{20000}-\u{3fffd}]/u;

function widthOfCharacter(character: string): number {
  if (/\p{Mn}|\p{Me}|\p{Cf}/u.test(character)) return 0;
  return wide.test(character) ? 2 : 1;
}
