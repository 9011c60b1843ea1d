import { readFile, realpath } from "node:fs/promises";
import { dirname, join, parse } from "node:path";

/** A package as it was found on disk. */
export interface FoundPackage {
  readonly directory: string;
  /** The module its name stands for. */
  readonly entry: string;
  readonly version: string;
}

/**
 * Finds an installed package the way Node looks for it from a directory: `node_modules` there, then in each parent.
 * Not `module.findPackageJSON`, which Node has only since 22.14; not `import.meta.resolve`, which knows no other place than
 * the file it is written in.
 *
 * @returns undefined where there is none
 */
export async function findPackage(name: string, from: string): Promise<FoundPackage | undefined> {
  const { root } = parse(from);
  for (let directory = from; ; directory = dirname(directory)) {
    const found = await readPackage(join(directory, "node_modules", name));
    if (found !== undefined || directory === root) return found;
  }
}

async function readPackage(link: string): Promise<FoundPackage | undefined> {
  const directory = await realpath(link).catch(() => undefined);
  if (directory === undefined) return undefined;
  const text = await readFile(join(directory, "package.json"), "utf8").catch(() => undefined);
  const manifest = text === undefined ? undefined : parseManifest(text);
  if (manifest === undefined) return undefined;
  return { directory, entry: join(directory, entryOf(manifest)), version: String(manifest.version ?? "") };
}

type Manifest = Readonly<Record<string, unknown>>;

function parseManifest(text: string): Manifest | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** The file of the package's own name: `exports`, else `main`, else `index.js` (Node's "Package entry points"). */
function entryOf({ exports, main }: Manifest): string {
  return targetOf(exports) ?? (typeof main === "string" ? main : "index.js");
}

const conditions: ReadonlySet<string> = new Set(["node", "import", "module-sync", "default"]);

/** The target of `.` in `exports`: the first condition that holds decides, in the order they are written. */
function targetOf(exports: unknown): string | undefined {
  if (typeof exports === "string") return exports;
  if (Array.isArray(exports)) return exports.map(targetOf).find((target) => target !== undefined);
  if (!isObject(exports)) return undefined;
  if ("." in exports) return targetOf(exports["."]);
  for (const [condition, target] of Object.entries(exports)) {
    const found = conditions.has(condition) ? targetOf(target) : undefined;
    if (found !== undefined) return found;
  }
  return undefined;
}

function isObject(value: unknown): value is Manifest {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
