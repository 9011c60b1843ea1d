import { pad, widthOf } from "./width.ts";

type Row = readonly string[];

/** Rows as aligned columns, two blanks apart; the first row is the heading. */
export function table([heading, ...rows]: readonly Row[]): readonly string[] {
  return heading === undefined ? [] : [...longTable(heading, rows, (row) => row)];
}

/** The same for what may have 100,000 rows: each is made twice, to be measured and to be shown, and none is kept. */
export function* longTable<T>(heading: Row, items: readonly T[], rowOf: (item: T) => Row): Generator<string> {
  // The last column is as wide as it is: nothing comes after it.
  const widths = heading.slice(0, -1).map(widthOf);
  for (const item of items) {
    const row = rowOf(item);
    for (const [column, width] of widths.entries()) widths[column] = Math.max(width, widthOf(row[column] ?? ""));
  }
  const line = (row: Row): string =>
    row
      .map((cell, column) => pad(cell, widths[column]))
      .join("  ")
      .trimEnd();
  yield line(heading);
  for (const item of items) yield line(rowOf(item));
}
