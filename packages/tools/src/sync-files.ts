import { execFileSync } from "node:child_process";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { configJsonSchema, configReference, schemaFile } from "@certwright/core/config";
import { hookReference } from "@certwright/core/hooks";
import type { DefinedProvider } from "@certwright/provider";
import { messageOf } from "@certwright/provider";
import { outputJsonSchema, outputSchemaFile, packagedUnits } from "certwright";
import { commandReference } from "./reference/commands.ts";
import { errorReference, readErrorTables } from "./reference/errors.ts";
import { withExitCodes } from "./reference/exit-codes.ts";
import { outputReference } from "./reference/output.ts";
import { providerReference } from "./reference/providers.ts";
import { commandManifest, registryText, versionText } from "./sync-command.ts";
import { providerManifest, providerReadme } from "./sync-provider.ts";
import { workspaceRoot } from "./workspace.ts";

/** One provider of the workspace, as sync sees it. */
export interface FoundProvider {
  readonly folder: string;
  readonly definition: DefinedProvider;
  /** The parsed package.json as it is; empty where there is none yet. */
  readonly manifest: Readonly<Record<string, unknown>>;
  /** The README as it is. */
  readonly readme: string | undefined;
}

/** What should be written where, and what keeps it from being right. */
export interface Derived {
  readonly files: ReadonlyMap<string, string>;
  readonly faults: readonly string[];
}

const registryPath = "packages/cli/src/registry.json";

/** Every derived file by its path from `root`. Definitions are imported, nothing is written. */
export async function derivedFiles(root: string): Promise<Derived> {
  const { providers, faults } = await readProviders(root);
  const command = JSON.parse(await readFile(join(root, "packages/cli/package.json"), "utf8"));
  const files = new Map([
    ["packages/cli/package.json", commandManifest(command, providers)],
    ["packages/cli/src/version.ts", versionText(String(command.version))],
    [registryPath, formatted(registryPath, registryText(providers))],
    ["docs/reference/commands.md", commandReference()],
    ["docs/reference/config.md", configReference()],
    ["docs/reference/hooks.md", hookReference()],
    [schemaFile, formatted(schemaFile, JSON.stringify(configJsonSchema()))],
    ["docs/reference/output.md", outputReference()],
    [outputSchemaFile, formatted(outputSchemaFile, JSON.stringify(outputJsonSchema()))],
    ["docs/reference/errors.md", errorReference(await readErrorTables(root))],
    ["docs/reference/providers.md", providerReference(providers)],
    ...[...packagedUnits()].map(([name, text]): [string, string] => [`packages/cli/systemd/${name}`, text]),
  ]);
  const readme = await readFile(join(root, "README.md"), "utf8").catch(() => undefined);
  if (readme !== undefined) files.set("README.md", withExitCodes(readme));
  for (const provider of providers) {
    files.set(`${provider.folder}/package.json`, providerManifest(provider));
    files.set(`${provider.folder}/README.md`, providerReadme(provider));
  }
  return { files, faults: [...faults, ...clashes(providers)] };
}

async function readProviders(root: string): Promise<{ providers: FoundProvider[]; faults: string[] }> {
  const providers: FoundProvider[] = [];
  const faults: string[] = [];
  const entries = await readdir(join(root, "providers")).catch(() => []);
  for (const name of entries.sort()) {
    const folder = `providers/${name}`;
    const source = join(root, folder, "src/index.ts");
    const hasSource = await readFile(source).then(
      () => true,
      () => false,
    );
    // What is left of a removed provider, or the first steps of a new one: no definition, nothing to derive.
    if (!hasSource) continue;
    try {
      const { default: definition } = await import(pathToFileURL(source).href);
      if (definition?.id === name) providers.push({ folder, definition, ...(await readOwn(root, folder)) });
      else faults.push(`${folder}/src/index.ts: its default export must be a provider with the id "${name}"`);
    } catch (error) {
      faults.push(`${folder}/src/index.ts: ${messageOf(error)}`);
    }
  }
  return { providers, faults };
}

async function readOwn(root: string, folder: string): Promise<Pick<FoundProvider, "manifest" | "readme">> {
  const read = (file: string) => readFile(join(root, folder, file), "utf8").catch(() => undefined);
  return { manifest: JSON.parse((await read("package.json")) ?? "{}"), readme: await read("README.md") };
}

/** A name must lead to one provider. */
function clashes(providers: readonly FoundProvider[]): readonly string[] {
  const owners = new Map<string, string>();
  return providers.flatMap(({ definition: { id, aliases = [] } }) =>
    [id, ...aliases].flatMap((name) => {
      const owner = owners.get(name);
      owners.set(name, id);
      return owner === undefined ? [] : [`the name "${name}" belongs to both ${owner} and ${id}`];
    }),
  );
}

/** As the formatter would leave it, so that both agree. */
function formatted(path: string, text: string): string {
  const biome = join(workspaceRoot, "node_modules/.bin/biome");
  const args = ["format", `--stdin-file-path=${path}`];
  return execFileSync(biome, args, { cwd: workspaceRoot, input: text, encoding: "utf8" });
}
