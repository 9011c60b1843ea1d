import { describeOptions, isCertwrightError, type OptionRow } from "@certwright/provider";
import type { CommandResult, Invocation } from "../command.ts";
import type { dnsProvidersFlags } from "../declarations/dns.ts";
import { exitCodes } from "../exit-code.ts";
import { loadProvider } from "../plugins/load-provider.ts";
import { readProviderName } from "../plugins/provider-name.ts";
import type { RegistryEntry } from "../plugins/registry-entry.ts";
import { pluginSearch } from "../plugins/search.ts";
import { table } from "../reporter/table.ts";

/** Lists the providers, or those with a text in what is known of them, or tells all about one. */
export async function run({ args, context }: Invocation<typeof dnsProvidersFlags>): Promise<CommandResult> {
  const [name] = args;
  const search = await pluginSearch(context.cwd);
  if (name === undefined) return listOf(search.registry);
  const found = readProviderName(name, context.cwd, search.registry);
  if (found.kind === "own") return describe(found.entry);
  try {
    const definition = await loadProvider(name, search);
    return describe({ ...definition, options: describeOptions(definition) });
  } catch (error) {
    const some = search.registry.filter((entry) => mentions(entry, name));
    if (some.length === 0 || !isCertwrightError(error) || error.code !== "PLUGIN_UNKNOWN") throw error;
    return listOf(some);
  }
}

function mentions({ id, name, aliases, website, options }: RegistryEntry, text: string): boolean {
  const words = [id, name, ...aliases, website, ...options.flatMap(({ option, env }) => [option, ...env])];
  return words.some((word) => word.toLowerCase().includes(text.toLowerCase()));
}

function listOf(registry: readonly RegistryEntry[]): CommandResult {
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

function optionLines(options: readonly OptionRow[]): readonly string[] {
  const rows = options.map((row) => [`  ${row.option}`, row.env.join(", "), facts(row).join("; ")]);
  if (rows.length === 0) return ["no options"];
  return [
    ...table([["  OPTION", "ENVIRONMENT", "WHAT"], ...rows]),
    "",
    "A variable ending in _FILE names a file with the value. On the command line:",
    "  --dns-option name=value, and a secret as --dns-option name=file:/path or name=env:VARIABLE",
  ];
}

function facts({ description, secret, required, insteadOf, default: fallback, choices, example }: OptionRow) {
  return [
    description,
    required ? "required" : "",
    insteadOf.length === 0 ? "" : `unless ${insteadOf.map((group) => group.join(" and ")).join(", or ")}`,
    secret ? "secret" : "",
    choices === undefined ? "" : `one of ${choices.join(", ")}`,
    fallback === undefined || fallback === "" ? "" : `default ${fallback}`,
    example === undefined ? "" : `such as ${example}`,
  ].filter((fact) => fact !== "");
}
