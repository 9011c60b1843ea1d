import { type Alias, isAlias, isMap, isScalar, isSeq, type Node } from "yaml";
import type { ConfigFault } from "./config-error.ts";
import {
  type Located,
  type LocatedEntry,
  type LocatedScalar,
  nowhere,
  type Path,
  type Position,
  showPath,
  sizeOf,
} from "./located.ts";
import { shorten } from "./type.ts";

/** Values all aliases together may stand for, besides twice those the file really holds. */
const aliasedValues = 20_000;
/** Levels a value may be nested. */
const deepest = 32;

/** The values of a document with their places, and what is wrong with them as YAML. */
export interface YamlTree {
  readonly root: Located;
  readonly faults: readonly ConfigFault[];
}

/**
 * Turns the library's nodes into values. An alias becomes the very value of its anchor and is counted as often as it is
 * used. What cannot be read becomes an empty value {@link nowhere}.
 */
export function buildTree(contents: unknown, at: (offset: number) => Position): YamlTree {
  const building: Building = { at, faults: [], anchors: new Map(), written: 0, repeated: 0 };
  return { root: build(building, contents, [], { line: 1, column: 1 }), faults: building.faults };
}

interface Building {
  readonly at: (offset: number) => Position;
  readonly faults: ConfigFault[];
  readonly anchors: Map<string, Located>;
  /** Values in the file itself so far, and those aliases stood for. */
  written: number;
  repeated: number;
}

function build(building: Building, node: unknown, path: Path, around: Position): Located {
  if (node === null || node === undefined) return { kind: "scalar", at: around, value: null, source: "", size: 1 };
  const { range, tag, anchor } = node as Node & { readonly anchor?: string };
  const position = range ? building.at(range[0]) : around;
  building.written += 1;
  if (isAlias(node)) return follow(building, node, position, path);
  if (path.length > deepest) {
    return refuse(building, position, path.slice(0, 4), "is nested too deep", "Nothing here has so many levels.");
  }
  if (tag !== undefined && !/^tag:yaml\.org,2002:(?:str|int|float|bool|null|map|seq)$/.test(tag)) {
    const hint = "Tags (!name) mean nothing here; leave it out, or quote the text.";
    return refuse(building, position, path, "has a YAML tag", hint);
  }
  const built = buildUntagged(building, node, path, position);
  if (anchor !== undefined) building.anchors.set(anchor, built);
  return built;
}

function buildUntagged(building: Building, node: unknown, path: Path, position: Position): Located {
  if (isMap(node)) return buildMap(building, node.items, path, position);
  if (isSeq(node)) {
    const items = node.items.map((item, index) => build(building, item, [...path, index], position));
    return { kind: "list", at: position, items, size: sizeOf(items) };
  }
  const { value, source } = isScalar(node) ? node : { value: null, source: "" };
  const known = value === null || ["string", "number", "boolean"].includes(typeof value);
  const scalar = (known ? value : String(value)) as LocatedScalar["value"];
  return { kind: "scalar", at: position, value: scalar, source: source ?? String(scalar), size: 1 };
}

function buildMap(
  building: Building,
  items: readonly { readonly key: unknown; readonly value: unknown }[],
  path: Path,
  position: Position,
): Located {
  const entries = new Map<string, LocatedEntry>();
  for (const { key, value } of items) {
    const name = isScalar(key) && typeof key.value === "string" ? key.value : undefined;
    // A key that is no text is a fault the library has told.
    if (name === undefined) continue;
    const range = (key as Node).range;
    const keyAt = range ? building.at(range[0]) : position;
    const first = entries.get(name);
    const built = build(building, value, [...path, name], keyAt);
    if (first === undefined) entries.set(name, { keyAt, value: built });
    else {
      const hint = `It stands in line ${first.keyAt.line} already; keep one.`;
      refuse(building, keyAt, [...path, name], "is given twice", hint);
    }
  }
  return { kind: "map", at: position, entries, size: sizeOf([...entries.values()].map(({ value }) => value)) };
}

function follow(building: Building, { source }: Alias, position: Position, path: Path): Located {
  const target = building.anchors.get(source);
  const name = shorten(source);
  if (target === undefined) {
    const hint = source.includes(".")
      ? `A text that starts with * needs quotes: "*${name}".`
      : `The anchor &${name} has to stand before it; a text that starts with * needs quotes.`;
    return refuse(building, position, path, `refers to an anchor that is not there: *${name}`, hint);
  }
  building.repeated += target.size;
  if (building.repeated <= aliasedValues + 2 * building.written) return target;
  return refuse(building, position, path, "repeats far more than the file holds", "Use aliases less; use defaults.");
}

function refuse(building: Building, { line, column }: Position, path: Path, problem: string, hint: string): Located {
  building.faults.push({ line, column, path: showPath(path), problem, hint });
  return { kind: "scalar", at: nowhere, value: null, source: "", size: 1 };
}
