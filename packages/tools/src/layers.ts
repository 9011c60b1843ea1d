import { dirname, join, normalize } from "node:path/posix";

/** A source file of the workspace, its path relative to the root with forward slashes. */
export interface SourceFile {
  readonly path: string;
  readonly text: string;
}

/** What a package's manifest says about imports. */
export interface Manifest {
  /** `packages/core`, `providers/cloudflare`. */
  readonly folder: string;
  readonly name: string;
  /** Names of its runtime dependencies. */
  readonly dependencies: readonly string[];
  /** Keys of its `exports`: `.`, `./servers`. */
  readonly exports: readonly string[];
}

/**
 * The floors of docs/architecture.md: which workspace packages a folder may import, by folder, `*` for any name.
 * What stands on the same floor, or above, is not in the list.
 */
const mayImport: Readonly<Record<string, readonly string[]>> = {
  "packages/provider": [],
  "packages/dns": ["packages/provider"],
  "packages/provider-test": ["packages/provider"],
  "packages/core": ["packages/dns", "packages/provider"],
  "providers/*": ["packages/dns", "packages/provider"],
  "packages/export": ["packages/core", "packages/provider"],
  "packages/haproxy": ["packages/core", "packages/dns", "packages/provider"],
  "packages/http-01": ["packages/core", "packages/dns", "packages/provider"],
  "packages/tls-alpn-01": ["packages/core", "packages/dns", "packages/provider"],
  "packages/store-*": ["packages/core", "packages/dns", "packages/provider"],
  "packages/cli": [
    ...["packages/core", "packages/dns", "packages/provider", "packages/export", "packages/haproxy"],
    ...["packages/http-01", "packages/tls-alpn-01", "packages/store-*", "providers/*"],
  ],
  "packages/tools": ["packages/*", "providers/*"],
};

/** What the tests of any package may import besides, without declaring it: the root manifest has it. */
const forTests = ["packages/tools", "packages/provider-test"];
/** `packages/dns` knows no provider; it takes the error base from there and how work is shared, and nothing else. */
const dnsMayTake =
  /^(type )?(CertwrightError|isCertwrightError|ErrorDetails|messageOf|createSingleFlight|untilAborted)$/;
/** Inside core: folder, and the folders it must not look up to. */
const coreFloors: readonly (readonly [string, readonly string[]])[] = [
  ["acme", ["issue", "manage"]],
  ["store", ["issue", "manage"]],
  ["issue", ["manage"]],
];
const maxLines = 400;
const kebabCase = /^[a-z0-9]+(-[a-z0-9]+)*(\.[a-z]+)*$/;

/** Every breach of the house's layer, naming and size rules, as `path: what is wrong`. */
export function findBreaches(files: readonly SourceFile[], manifests: readonly Manifest[]): string[] {
  return files.flatMap((file) => {
    const breaches = [...shapeBreaches(file)];
    const owner = manifests.find(({ folder }) => file.path.startsWith(`${folder}/`));
    for (const found of importsOf(file.text)) {
      const why = found.specifier.startsWith(".")
        ? relativeBreach(file.path, found.specifier, owner)
        : packageBreach(file.path, found, owner, manifests);
      if (why) breaches.push(`imports "${found.specifier}": ${why}`);
    }
    return breaches.map((breach) => `${file.path}: ${breach}`);
  });
}

function* shapeBreaches({ path, text }: SourceFile): Iterable<string> {
  const odd = path.split("/").find((part) => !kebabCase.test(part));
  if (odd) yield `"${odd}" is not kebab-case`;
  const lines = text.split("\n").length - 1;
  if (lines > maxLines) yield `${lines} lines, more than ${maxLines}; one concept a file`;
}

interface Import {
  readonly specifier: string;
  /** Imported names, when written in braces. */
  readonly names: readonly string[];
}

function* importsOf(text: string): Iterable<Import> {
  const statements = /^[ \t]*(?:import|export)\s+(?:type\s+)?([^"';=()]*?\bfrom\s*)?"([^"]+)"/gm;
  for (const [, clause = "", specifier = ""] of text.matchAll(statements)) {
    const braces = /\{([^}]*)\}/.exec(clause)?.[1] ?? "";
    yield {
      specifier,
      names: braces
        .split(",")
        .map((name) => name.trim())
        .filter(Boolean),
    };
  }
  for (const [, specifier = ""] of text.matchAll(/\bimport\(\s*"([^"]+)"\s*\)/g)) yield { specifier, names: [] };
}

function relativeBreach(path: string, specifier: string, owner: Manifest | undefined): string | undefined {
  const target = normalize(join(dirname(path), specifier));
  const home = owner?.folder ?? "test";
  if (!target.startsWith(`${home}/`)) return "a relative path into another package; import the package by name";
  if (home !== "packages/core") return undefined;
  const room = (file: string) => /^packages\/core\/src\/([\w-]+)\//.exec(file)?.[1];
  for (const [lower, uppers] of coreFloors) {
    const upper = room(target);
    if (room(path) === lower && upper && uppers.includes(upper)) return `core/${lower} must not know core/${upper}`;
  }
  return undefined;
}

function packageBreach(
  path: string,
  { specifier, names }: Import,
  owner: Manifest | undefined,
  manifests: readonly Manifest[],
): string | undefined {
  if (specifier.startsWith("node:")) return undefined;
  const [first = "", second = ""] = specifier.split("/");
  const name = first.startsWith("@") ? `${first}/${second}` : first;
  const target = manifests.find((each) => each.name === name);
  if (target && !target.exports.includes(`.${specifier.slice(name.length)}`))
    return `${name} does not export this path`;
  if (!owner) return undefined; // test/ stands outside the house and may look into every room's door
  const isTest = path.endsWith(".test.ts");
  if (target && isTest && forTests.includes(target.folder)) return undefined;
  if (target && target !== owner && !allowed(owner.folder, target.folder)) {
    return `${owner.folder} must not know ${target.folder}`;
  }
  if (owner.folder === "packages/dns" && target?.folder === "packages/provider" && !isTest) {
    const other = names.find((each) => !dnsMayTake.test(each));
    if (other || names.length === 0)
      return `packages/dns takes only the error base and shared work from there, not ${other ?? "all"}`;
  }
  // Tests, and the private tools, also live on what the root manifest gives everybody.
  const declares = target === owner || isTest || owner.folder === "packages/tools" || owner.dependencies.includes(name);
  return declares ? undefined : `${name} is not among the dependencies of ${owner.name}`;
}

function allowed(from: string, to: string): boolean {
  const matches = (pattern: string, folder: string) =>
    pattern.endsWith("*") ? folder.startsWith(pattern.slice(0, -1)) : folder === pattern;
  return Object.entries(mayImport).some(
    ([pattern, targets]) => matches(pattern, from) && targets.some((target) => matches(target, to)),
  );
}
