import type { CommandResult, Invocation } from "../command.ts";
import type { dnsProvidersFlags } from "../declarations/dns.ts";
import { exitCodes } from "../exit-code.ts";
import { loadProvider } from "../plugins/load-provider.ts";
import { readProviderName } from "../plugins/provider-name.ts";
import type { RegistryEntry } from "../plugins/registry-entry.ts";
import { pluginSearch } from "../plugins/search.ts";
import { table } from "../reporter/table.ts";

/** Lists the providers, or tells all about one. */
export async function run({ args, context }: Invocation<typeof dnsProvidersFlags>): Promise<CommandResult> {
  const [name] = args;
  const search = await pluginSearch(context.cwd);
  if (name === undefined) return listAll(search.registry);
  const found = readProviderName(name, context.cwd, search.registry);
  return describe(found.kind === "own" ? found.entry : await loadProvider(name, search));
}

function listAll(registry: readonly RegistryEntry[]): CommandResult {
  const rows = registry.map(({ id, name, aliases, included, package: packageName }) => [
    id,
    name,
    aliases.join(", "),
    included ? "" : `npm install ${packageName}`,
  ]);
  return {
    exitCode: exitCodes.done,
    result: {
      providers: registry.map(({ id, name, aliases, package: packageName, included, website }) => ({
        id,
        name,
        aliases,
        package: packageName,
        included,
        website,
      })),
    },
    lines: [...table([["ID", "NAME", "ALSO", "INSTALL"], ...rows]), "", "One in full: certwright dns providers <id>"],
  };
}

type Described = Pick<RegistryEntry, "id" | "name" | "website" | "docs" | "permissions" | "tested" | "options"> &
  Partial<Pick<RegistryEntry, "aliases">>;

function describe(provider: Described): CommandResult {
  const { id, name, website, docs, permissions, tested, options, aliases = [] } = provider;
  return {
    exitCode: exitCodes.done,
    result: { provider: { id, name, aliases, website, docs, permissions, tested, options } },
    lines: [
      `${id}: ${name}, ${website}`,
      ...(aliases.length === 0 ? [] : [`also: ${aliases.join(", ")}`]),
      `API: ${docs}`,
      `permissions: ${permissions}`,
      `tested by ${tested.by} on ${tested.on}: ${tested.against}`,
      "",
      ...optionLines(options),
    ],
  };
}

function optionLines(options: Described["options"]): readonly string[] {
  const rows = Object.entries(options).map(([option, definition]) => [
    `  ${option}`,
    definition.env.join(", "),
    facts(definition).join("; "),
  ]);
  if (rows.length === 0) return ["no options"];
  return [
    ...table([["  OPTION", "ENVIRONMENT", "WHAT"], ...rows]),
    "",
    "A variable ending in _FILE names a file with the value. Options that are no secrets also go on the command line:",
    "  --dns-option name=value; secrets as --dns-option name=file:/path or name=env:VARIABLE",
  ];
}

function facts(definition: Described["options"][string]): readonly string[] {
  const { description, secret, optional, default: fallback, choices, example } = definition;
  return [
    description,
    secret === true ? "secret" : "",
    optional === true || fallback !== undefined ? "" : "required",
    fallback === undefined ? "" : `default ${String(fallback)}`,
    choices === undefined ? "" : `one of ${choices.join(", ")}`,
    example === undefined ? "" : `such as ${example}`,
  ].filter((fact) => fact !== "");
}
