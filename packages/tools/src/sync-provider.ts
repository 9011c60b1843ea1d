import { describeOptions, type OptionRow } from "@certwright/provider";
import { isObject, jsonText } from "./sync-command.ts";
import type { FoundProvider } from "./sync-files.ts";

/** A provider's package.json: version, description and further dependencies are its own, all else follows from its id. */
export function providerManifest({ definition: { id, name }, manifest }: FoundProvider): string {
  return jsonText({
    name: `@certwright/dns-${id}`,
    version: manifest.version ?? "0.1.0",
    description: manifest.description ?? `Certwright DNS provider for ${name}`,
    keywords: ["acme", "certwright", "dns-01", id],
    license: "MIT",
    type: "module",
    engines: { node: ">=22" },
    files: ["dist", "README.md"],
    sideEffects: false,
    exports: { ".": "./src/index.ts" },
    publishConfig: {
      access: "public",
      exports: { ".": { types: "./dist/index.d.ts", default: "./dist/index.js" } },
    },
    dependencies: sorted({ ...asObject(manifest.dependencies), "@certwright/provider": "workspace:^" }),
    devDependencies: sorted({ ...asObject(manifest.devDependencies), "@certwright/provider-test": "workspace:^" }),
  });
}

function asObject(value: unknown): Readonly<Record<string, unknown>> {
  return isObject(value) ? value : {};
}

function sorted(entries: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(entries).sort(([a], [b]) => (a < b ? -1 : 1)));
}

const begin = "<!-- derived from src/index.ts by npm run sync -->";
const end = "<!-- end of the derived part -->";

/** A provider's README with its derived part brought up to date; it stands between two markers, at the end where there are none yet. */
export function providerReadme({ definition, readme }: FoundProvider): string {
  const part = `${begin}\n\n${derivedPart(definition)}\n\n${end}`;
  if (readme === undefined) {
    return `# ${definition.name}\n\nThe [Certwright](../../README.md) DNS provider for [${definition.name}](${definition.website}).\n\n${part}\n`;
  }
  const [from, to] = [readme.indexOf(begin), readme.indexOf(end)];
  if (from < 0 || to < from) return `${readme.trimEnd()}\n\n${part}\n`;
  return readme.slice(0, from) + part + readme.slice(to + end.length);
}

function derivedPart(definition: FoundProvider["definition"]): string {
  const { id, docs, permissions, tested, traits, aliases = [] } = definition;
  const limits = Object.values(traits.limits ?? {});
  return [
    ["```sh", `certwright issue -d example.com --dns ${id}`, "```"].join("\n"),
    optionTable(describeOptions(definition)),
    [
      "Each variable also exists with `_FILE` at its end, holding the path of a file with the value.",
      "On the command line: `--dns-option name=value`; a secret as `--dns-option name=file:/path` or `name=env:VARIABLE`.",
    ].join("\n"),
    [
      `- Permissions: ${permissions}`,
      `- Tested by ${testedBy[tested.by]} on ${tested.on}: ${tested.against}`,
      `- API: <${docs}>`,
      ...(aliases.length === 0 ? [] : [`- Also known as: ${aliases.map(code).join(", ")}`]),
      ...limits.map((limit) => `- Limit: ${limit}`),
    ].join("\n"),
  ].join("\n\n");
}

const testedBy = {
  server: "running the real software",
  emulator: "somebody else's emulation of the API",
  contract: "the API as its documentation states it, not against the vendor's servers,",
} as const;

function optionTable(rows: readonly OptionRow[]): string {
  if (rows.length === 0) return "It has no options.";
  return [
    "| Option | Environment | Meaning |",
    "| --- | --- | --- |",
    ...rows.map((row) => `| ${code(row.option)} | ${row.env.map(code).join(", ")} | ${cell(meaning(row))} |`),
  ].join("\n");
}

function meaning({ description, required, secret, default: fallback, choices, example, insteadOf }: OptionRow): string {
  return [
    description,
    required ? "required" : "",
    insteadOf.length === 0 ? "" : `unless ${insteadOf.map((group) => group.map(code).join(" and ")).join(", or ")}`,
    secret ? "secret" : "",
    choices === undefined ? "" : `one of ${choices.map(code).join(", ")}`,
    fallback === undefined || fallback === "" ? "" : `default ${code(fallback)}`,
    example === undefined ? "" : `such as ${code(example)}`,
  ]
    .filter((fact) => fact !== "")
    .join("; ");
}

function code(text: string): string {
  return `\`${text}\``;
}

/** A bar would end the cell. */
function cell(text: string): string {
  return text.replaceAll("|", "\\|");
}
