/** A place in the file. Both count from 1. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

/** The place of a value that could not be read and was told as a fault already; whatever else is wrong with it is not told. */
export const nowhere: Position = { line: 0, column: 0 };

/** One value of the file with its place, whatever library read it. */
export type Located = LocatedScalar | LocatedList | LocatedMap;

interface LocatedBase {
  readonly at: Position;
  /** How many values it holds, itself included, aliases followed. */
  readonly size: number;
}

export interface LocatedScalar extends LocatedBase {
  readonly kind: "scalar";
  readonly value: string | number | boolean | null;
  /** As it is written: `00123` is not the number 123 to everybody. */
  readonly source: string;
}

export interface LocatedList extends LocatedBase {
  readonly kind: "list";
  readonly items: readonly Located[];
}

export interface LocatedMap extends LocatedBase {
  readonly kind: "map";
  readonly entries: ReadonlyMap<string, LocatedEntry>;
}

export interface LocatedEntry {
  readonly keyAt: Position;
  readonly value: Located;
}

/** One step into a value: a key or an index. */
export type PathSegment = string | number;
export type Path = readonly PathSegment[];

/** A path as people read it: `certificates["www.example.com"].deploy[0]`. */
export function showPath(path: Path): string {
  return path
    .map((segment, index) => {
      if (typeof segment === "number") return `[${segment}]`;
      if (!/^[A-Za-z_][\w-]*$/.test(segment)) return `[${JSON.stringify(segment)}]`;
      return index === 0 ? segment : `.${segment}`;
    })
    .join("");
}

/**
 * Where a value of the file stands; where it is not written, the nearest one around it that is. With `key`, where its key
 * stands.
 */
export function positionOf(root: Located, path: Path, part: "value" | "key" = "value"): Position {
  let node = root;
  let at = root.at;
  for (const [index, segment] of path.entries()) {
    if (node.kind === "list" && typeof segment === "number") {
      const item = node.items[segment];
      if (item === undefined) return at;
      node = item;
      at = item.at;
    } else if (node.kind === "map" && typeof segment === "string") {
      const entry = node.entries.get(segment);
      if (entry === undefined) return at;
      node = entry.value;
      at = part === "key" && index === path.length - 1 ? entry.keyAt : entry.value.at;
    } else return at;
  }
  return at;
}

/** A value that stands in no file, such as a default. */
export function located(value: unknown, at: Position): Located {
  if (Array.isArray(value)) {
    const items = value.map((item) => located(item, at));
    return { kind: "list", at, items, size: sizeOf(items) };
  }
  if (typeof value === "object" && value !== null) {
    const entries = new Map(Object.entries(value).map(([key, each]) => [key, { keyAt: at, value: located(each, at) }]));
    return { kind: "map", at, entries, size: sizeOf([...entries.values()].map((entry) => entry.value)) };
  }
  const scalar = value as LocatedScalar["value"];
  return { kind: "scalar", at, value: scalar, source: String(scalar), size: 1 };
}

export function sizeOf(parts: readonly Located[]): number {
  return parts.reduce((sum, { size }) => sum + size, 1);
}
