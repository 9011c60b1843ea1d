import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import type { RegistryEntry } from "./registry-entry.ts";

/** What a provider's name on the command line or in a configuration refers to. */
export type ProviderName =
  | { readonly kind: "file"; readonly path: string }
  | { readonly kind: "own"; readonly entry: RegistryEntry }
  | { readonly kind: "package"; readonly package: string };

const packagePrefix = "certwright-dns-";

/**
 * Reads a provider's name: `./x.ts`, `/x.js` and `file:` are files; ids and aliases of the registry are our own;
 * `npm:x` is a package taken literally; `x` is the package `certwright-dns-x`, `@scope/x` is `@scope/certwright-dns-x`.
 */
export function readProviderName(name: string, cwd: string, registry: readonly RegistryEntry[]): ProviderName {
  if (name.startsWith("file:")) return { kind: "file", path: fileURLToPath(name) };
  if (/^\.{0,2}\//.test(name)) return { kind: "file", path: resolve(cwd, name) };
  if (name.startsWith("npm:")) return { kind: "package", package: name.slice("npm:".length) };
  const wanted = name.toLowerCase();
  const entry = registry.find((own) => own.id === wanted || own.package === wanted || own.aliases.includes(wanted));
  if (entry !== undefined) return { kind: "own", entry };
  return { kind: "package", package: packageNameOf(name) };
}

function packageNameOf(name: string): string {
  const [, scope = "", base = name] = /^(@[^/]+\/)(.+)$/.exec(name) ?? [];
  return `${scope}${base.startsWith(packagePrefix) ? "" : packagePrefix}${base}`;
}

/** npm's grammar of package names, so that a name can never lead out of a node_modules directory. */
export function isPackageName(name: string): boolean {
  return name.length <= 214 && /^(?:@[a-z0-9~-][a-z0-9._~-]*\/)?[a-z0-9~-][a-z0-9._~-]*$/.test(name);
}
