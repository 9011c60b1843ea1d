import type { ConfigFault } from "./config-error.ts";
import { type Located, nowhere, type Path, positionOf, showPath } from "./located.ts";
import type { ConfigFile } from "./table.ts";

/** What the checks between parts of the file work with. What was bad in itself is told already and left out of `settings`. */
export interface Checking {
  readonly settings: ConfigFile;
  /** Whether something stands there, good or bad. */
  readonly isWritten: (path: Path) => boolean;
  /** The keys of a mapping as written, good or bad, so that a reference to a bad one is not called unknown. */
  readonly keysOf: (path: Path) => readonly string[];
  /** Tells a fault of the value there, or of its key. */
  readonly tell: (path: Path, problem: string, hint: string, part?: "value" | "key") => void;
  /** Tells a fault of one entry of a list of texts. */
  readonly tellEntry: (path: Path, entry: string, problem: string, hint: string) => void;
}

/** Checks over a file as read. Faults go to `faults`. */
export function createChecking(root: Located, settings: ConfigFile, faults: ConfigFault[]): Checking {
  const tell: Checking["tell"] = (path, problem, hint, part = "value") => {
    const at = positionOf(root, path, part);
    if (at !== nowhere) faults.push({ ...at, path: showPath(path), problem, hint });
  };
  const find = (path: Path): Located | undefined => path.reduce<Located | undefined>(stepInto, root);
  return {
    settings,
    tell,
    isWritten: (path) => find(path) !== undefined,
    keysOf: (path) => {
      const node = find(path);
      return node?.kind === "map" ? [...node.entries.keys()] : [];
    },
    tellEntry: (path, entry, problem, hint) => {
      const node = find(path);
      const index = node?.kind === "list" ? node.items.findIndex((item) => isText(item, entry)) : -1;
      tell(index < 0 ? path : [...path, index], problem, hint);
    },
  };
}

function stepInto(node: Located | undefined, segment: string | number): Located | undefined {
  if (node?.kind === "map" && typeof segment === "string") return node.entries.get(segment)?.value;
  return node?.kind === "list" && typeof segment === "number" ? node.items[segment] : undefined;
}

function isText(node: Located, text: string): boolean {
  if (node.kind === "map") {
    const type = node.entries.get("type")?.value;
    return type !== undefined && isText(type, text);
  }
  return node.kind === "scalar" && (node.value === text || node.source === text);
}
