import { pad, widthOf } from "./width.ts";

type Row = readonly string[];

/** Rows as aligned columns, two blanks apart; the first row is the heading. */
export function table([heading, ...rows]: readonly Row[]): readonly string[] {
  return heading === undefined ? [] : [...longTable(heading, rows, (row) => row)];
}

/** The same for what may have 100,000 rows: each is made twice, to be measured and to be shown, and none is kept. */
export function* longTable<T>(heading: Row, items: readonly T[], rowOf: (item: T) => Row): Generator<string> {
  const widths = heading.map(widthOf);
  for (const item of items) {
    for (const [column, cell] of rowOf(item).entries()) widths[column] = Math.max(widths[column] ?? 0, widthOf(cell));
  }
  const line = (row: Row): string => {
    const cells = row.map((cell, column) => pad(cell, widths[column] ?? 0));
    return cells.join("  ").trimEnd();
  };
  yield line(heading);
  for (const item of items) yield line(rowOf(item));
}
