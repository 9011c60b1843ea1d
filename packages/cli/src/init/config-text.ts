import type { SecretRef } from "@certwright/core";

/** What a first configuration is made of. */
export interface FirstConfig {
  /** Names of the certificate, at least one. */
  readonly names: readonly string[];
  readonly providers: readonly {
    readonly id: string;
    readonly options: Readonly<Record<string, string | SecretRef>>;
    readonly zone?: string;
  }[];
  readonly email: string | undefined;
  readonly acceptTerms: boolean;
  /** Short names or URLs; none: the usual one. */
  readonly cas: readonly string[];
  /** How the DNS is asked; empty where as usual. */
  readonly dns: { readonly resolvers?: readonly string[]; readonly nameservers?: readonly string[] };
  readonly deploy: readonly string[];
}

/** The file as YAML. Every value is written as JSON, which YAML contains, so none can be read as anything else. */
export function configText({ names, providers, email, acceptTerms, cas, dns, deploy }: FirstConfig): string {
  const [first = ""] = names;
  const account = { ...(email === undefined ? {} : { email }), acceptTerms };
  return `${[
    "# Written by `certwright init`. `certwright config check` reads it, `certwright plan` says what would be done.",
    "# For editors: `certwright config schema > certwright.schema.json`, and this as the first line:",
    "# yaml-language-server: $schema=./certwright.schema.json",
    "accounts:",
    `  main: ${flow(account)}`,
    ...(providers.length === 0 ? [] : ["", "providers:"]),
    ...providers.flatMap(({ id, options, zone }, index) => providerLines(id, index, options, zone)),
    "",
    "defaults:",
    ...(cas.length === 0 ? [] : [`  cas: ${flow(cas)}`]),
    ...(providers.length === 0 ? ["  challenges: [http-01]"] : []),
    ...(Object.keys(dns).length === 0 ? [] : [`  dns: ${flow(dns)}`]),
    `  deploy: ${flow(deploy)}`,
    "",
    "certificates:",
    `  ${scalar(first.replace(/^\*\./, ""))}:`,
    `    names: ${flow(names)}`,
  ].join("\n")}\n`;
}

function providerLines(
  id: string,
  index: number,
  options: Readonly<Record<string, string | SecretRef>>,
  zone: string | undefined,
): readonly string[] {
  // A path or package is no label.
  const label = /^[a-z0-9][a-z0-9-]*$/.test(id) ? id : `provider-${index + 1}`;
  const lines = [
    ...(label === id ? [] : [`    provider: ${scalar(id)}`]),
    ...(zone === undefined ? [] : [`    zone: ${scalar(zone)}`]),
    ...(Object.keys(options).length === 0 ? [] : ["    options:"]),
    ...Object.entries(options).map(([name, value]) => `      ${name}: ${flow(value)}`),
  ];
  return lines.length === 0 ? [`  ${label}: {}`] : [`  ${label}:`, ...lines];
}

function flow(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(flow).join(", ")}]`;
  if (typeof value !== "object" || value === null) return scalar(value);
  return `{ ${Object.entries(value)
    .map(([key, inner]) => `${key}: ${flow(inner)}`)
    .join(", ")} }`;
}

/** Bare where nothing else can be read from it. */
function scalar(value: unknown): string {
  const text = String(value);
  const isBare = typeof value === "string" && /^[a-z][a-z0-9._@/-]*[a-z]$/.test(text);
  return isBare && !/^(?:true|false|null|yes|no|on|off)$/.test(text) ? text : JSON.stringify(value);
}
