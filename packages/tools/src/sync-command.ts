import { describeOptions } from "@certwright/provider";
import type { FoundProvider } from "./sync-files.ts";

const prefix = "@certwright/dns-";

/** A provider that needs nothing but our own packages costs its users nothing: it comes with the command. */
function isIncluded({ manifest }: FoundProvider): boolean {
  return Object.keys((manifest.dependencies ?? {}) as object).every((name) => name.startsWith("@certwright/"));
}

/**
 * The command's package.json with its providers: those without dependencies of their own are its dependencies; those that
 * bring an SDK are optional peers, so that npm installs them for nobody unasked, yet says when a version does not fit.
 */
export function commandManifest(
  manifest: Readonly<Record<string, unknown>>,
  providers: readonly FoundProvider[],
): string {
  const names = (wanted: readonly FoundProvider[]) => wanted.map(({ definition: { id } }) => `${prefix}${id}`);
  const included = names(providers.filter(isIncluded));
  const others = names(providers.filter((provider) => !isIncluded(provider)));
  const { dependencies, devDependencies, peerDependencies, peerDependenciesMeta, ...rest } = manifest;
  return jsonText({
    ...rest,
    dependencies: withProviders(dependencies, included, "workspace:^"),
    // The sources of this workspace find them too.
    devDependencies: withProviders(devDependencies, others, "workspace:^"),
    peerDependencies: withProviders(peerDependencies, others, "workspace:^"),
    peerDependenciesMeta: withProviders(peerDependenciesMeta, others, { optional: true }),
  });
}

function withProviders(
  entries: unknown,
  names: readonly string[],
  value: unknown,
): Record<string, unknown> | undefined {
  const others = Object.entries(isObject(entries) ? entries : {}).filter(([name]) => !name.startsWith(prefix));
  const all = [...others, ...names.map((name): [string, unknown] => [name, value])];
  return all.length === 0 ? undefined : Object.fromEntries(all.sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** What the command knows of providers without loading them. */
export function registryText(providers: readonly FoundProvider[]): string {
  return jsonText(
    providers.map((provider) => {
      const { id, name, aliases = [], website, docs, permissions, tested } = provider.definition;
      return {
        id,
        name,
        aliases,
        package: `${prefix}${id}`,
        included: isIncluded(provider),
        website,
        docs,
        permissions,
        tested,
        options: describeOptions(provider.definition),
      };
    }),
  );
}

/** The command's own version as a module, so that neither sources nor bundle read a file for it. */
export function versionText(version: string): string {
  return `/** Generated from package.json by \`npm run sync\`. */\nexport const version = ${JSON.stringify(version)};\n`;
}

/** JSON as the formatter leaves a package.json. */
export function jsonText(value: unknown): string {
  return `${JSON.stringify(value, undefined, 2)}\n`;
}

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
