import { pathToFileURL } from "node:url";
import { type DefinedProvider, messageOf, providerApiVersion } from "@certwright/provider";
import { cliError } from "../errors.ts";
import { didYouMean } from "../suggest.ts";
import { findPackage } from "./find-package.ts";
import { isPackageName, readProviderName } from "./provider-name.ts";
import type { RegistryEntry } from "./registry-entry.ts";

/** Where providers are looked for. */
export interface PluginSearch {
  /** The user's directory: a project may have providers installed. */
  readonly cwd: string;
  /** The directory of this program: what comes with it, and what is installed beside it. */
  readonly home: string;
  readonly registry: readonly RegistryEntry[];
}

/**
 * The definition of the DNS provider a person named.
 *
 * Our own are looked for beside this program first, so that no directory can put another in its place, then in the
 * user's project; a stranger's in the user's project first, where its version is chosen.
 *
 * @throws CertwrightError `PLUGIN_UNKNOWN`, `PLUGIN_NOT_INSTALLED`, `PLUGIN_LOAD`, `PLUGIN_INVALID`, `PLUGIN_API_VERSION`
 */
export async function loadProvider(name: string, search: PluginSearch): Promise<DefinedProvider> {
  const found = readProviderName(name, search.cwd, search.registry);
  if (found.kind === "file") return importProvider(found.path, name);
  if (found.kind === "own") {
    const entry = await findIn([search.home, search.cwd], found.entry.package);
    if (entry === undefined) throw notInstalled(found.entry, search);
    return importProvider(entry, name);
  }
  const isName = isPackageName(found.package);
  const entry = isName ? await findIn([search.cwd, search.home], found.package) : undefined;
  if (entry === undefined) throw unknown(name, isName ? found.package : undefined, search);
  return importProvider(entry, name);
}

async function findIn(directories: readonly string[], name: string): Promise<string | undefined> {
  for (const directory of directories) {
    const found = await findPackage(name, directory);
    if (found !== undefined) return found.entry;
  }
  return undefined;
}

async function importProvider(path: string, name: string): Promise<DefinedProvider> {
  const module = await importModule(path, name);
  // A CommonJS module's exports arrive as the default of its default.
  const candidates = [module.default, isObject(module.default) ? module.default.default : undefined];
  const definition = candidates.find(isDefinition);
  if (definition === undefined) {
    throw cliError("PLUGIN_INVALID", `${path} is no DNS provider: it has no default export made by defineProvider`, {
      hint: "Its module must end in: export default defineProvider({ ... })",
    });
  }
  if (definition.apiVersion !== providerApiVersion) {
    throw cliError(
      "PLUGIN_API_VERSION",
      `${name} was made for version ${String(definition.apiVersion)} of the provider interface, this is version ${providerApiVersion}`,
      { hint: "Install a version of the provider that fits, or another version of certwright." },
    );
  }
  return definition as DefinedProvider;
}

async function importModule(path: string, name: string): Promise<Readonly<Record<string, unknown>>> {
  try {
    return await import(pathToFileURL(path).href);
  } catch (cause) {
    const reason = messageOf(cause);
    throw cliError("PLUGIN_LOAD", `the DNS provider ${JSON.stringify(name)} cannot be loaded: ${reason}`, {
      hint: `It was read from ${path}. Does the file exist, and are the packages it imports installed?`,
      cause,
    });
  }
}

interface Definition {
  readonly id: string;
  readonly apiVersion: unknown;
}

function isDefinition(value: unknown): value is Definition {
  return isObject(value) && typeof value.id === "string" && "apiVersion" in value && typeof value.create === "function";
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}

function notInstalled(entry: RegistryEntry, search: PluginSearch): Error {
  return cliError("PLUGIN_NOT_INSTALLED", `the DNS provider ${entry.name} is not installed`, {
    hint: `Install it with: ${installCommand(entry.package, search)}`,
  });
}

function unknown(name: string, packageName: string | undefined, search: PluginSearch): Error {
  const known = search.registry.flatMap(({ id, aliases }) => [id, ...aliases]);
  const meant = didYouMean(name, known);
  const install =
    packageName === undefined ? "" : ` If it is a package of others: ${installCommand(packageName, search)}.`;
  return cliError("PLUGIN_UNKNOWN", `no DNS provider is called ${JSON.stringify(name)}`, {
    hint: `${meant ?? "See: certwright dns providers."}${install}`,
  });
}

/** How the package is added where this program would find it. */
function installCommand(packageName: string, { home, cwd }: PluginSearch): string {
  const isGlobal = /[\\/]lib[\\/]node_modules[\\/]/.test(home) && !home.startsWith(cwd);
  return `npm install ${isGlobal ? "--global " : ""}${packageName}`;
}
