import type { ProviderDefinition, ProviderTraits } from "./define.ts";
import { parseOption } from "./option-value.ts";
import type { OptionDefinition, OptionsSchema } from "./options.ts";

/** Everything in a definition that breaks the contract, as sentences about it; nothing when it is sound. */
export function definitionFaults(definition: ProviderDefinition): readonly string[] {
  const {
    id,
    name,
    aliases = [],
    website,
    docs,
    endpoint,
    hosts = [],
    options,
    traits,
    permissions,
    tested,
  } = definition;
  return [
    ...unless(idForm.test(id), `id ${show(id)} must be lower-case letters, digits and inner hyphens`),
    ...unless(isLine(name), "name must be one line"),
    ...aliases
      .filter((alias) => !idForm.test(alias) || alias === id)
      .map((alias) => `alias ${show(alias)} must be an id other than its own`),
    ...unless(isHttps(website), "website must be an https URL"),
    ...unless(isHttps(docs), "docs must be an https URL"),
    ...unless(
      endpoint === undefined || isHttps(endpoint),
      "endpoint must be an https URL; software people run themselves declares an option `endpoint` instead",
    ),
    ...hosts
      .filter((host) => !hostForm.test(host))
      .map((host) => `host ${show(host)} must be name, *.suffix or name:port`),
    ...unless(isLine(permissions), "permissions must say, in one line, what is enough"),
    ...unless(
      ["server", "emulator", "contract"].includes(tested?.by),
      "tested.by must be server, emulator or contract",
    ),
    ...unless(isLine(tested?.against), "tested.against must name what it was tested against"),
    ...unless(isDate(tested?.on), "tested.on must be a date such as 2026-01-31"),
    ...traitFaults(traits),
    ...optionsFaults(definition, options ?? {}),
    ...unless(typeof definition.create === "function", "create must be a function"),
    ...unless(definition.setup === undefined || typeof definition.setup === "function", "setup must be a function"),
  ];
}

const idForm = /^[a-z0-9]+(-[a-z0-9]+)*$/;
const hostForm = /^(\*\.)?[a-z0-9-]+(\.[a-z0-9-]+)+(:\d{1,5})?$/;

const unless = (holds: boolean, fault: string): string[] => (holds ? [] : [fault]);
const show = (value: unknown): string => JSON.stringify(value) ?? "undefined";
const isLine = (text: unknown): boolean => typeof text === "string" && text.trim() !== "" && !/[\r\n]/.test(text);
const isDate = (text: unknown): boolean =>
  typeof text === "string" && /^\d{4}-\d{2}-\d{2}$/.test(text) && !Number.isNaN(Date.parse(text));

function isHttps(url: unknown): boolean {
  return typeof url === "string" && URL.canParse(url) && new URL(url).protocol === "https:";
}

const limits = new Set(["longValues", "specialCharacters", "apex", "foreignValues", "separateNames", "removal"]);

function traitFaults(traits: ProviderTraits | undefined): string[] {
  const {
    granularity,
    concurrency,
    minTtl,
    maxValues,
    propagation,
    limits: declared = {},
  } = traits ?? ({} as Partial<ProviderTraits>);
  const isCount = (value: unknown) => value === undefined || (Number.isSafeInteger(value) && (value as number) > 0);
  return [
    ...unless(
      ["record", "recordSet", "zone"].includes(granularity ?? ""),
      "traits.granularity must be record, recordSet or zone",
    ),
    ...unless(
      concurrency === undefined || ["free", "name", "zone", "serial"].includes(concurrency),
      "traits.concurrency must be free, name, zone or serial",
    ),
    ...unless(isCount(minTtl), "traits.minTtl must be a whole number of seconds above 0"),
    ...unless(isCount(maxValues), "traits.maxValues must be a whole number above 0"),
    ...unless(
      propagation === undefined || (Number.isSafeInteger(propagation) && propagation >= 0),
      "traits.propagation must be a whole number of seconds",
    ),
    ...Object.entries(declared).flatMap(([limit, reason]) => [
      ...unless(limits.has(limit), `traits.limits knows no ${show(limit)}`),
      ...unless(isLine(reason), `traits.limits.${limit} must say why`),
    ]),
  ];
}

function optionsFaults({ oneOf = [], endpointEnv = [] }: ProviderDefinition, options: OptionsSchema): string[] {
  const owners = new Map<string, string>();
  const shared = [
    ...Object.entries(options).flatMap(([name, { env }]) => (env ?? []).map((variable) => [variable, name] as const)),
    ...endpointEnv.map((variable) => [variable, "endpoint"] as const),
  ].flatMap(([variable, name]) => {
    const owner = owners.get(variable);
    owners.set(variable, name);
    return unless(owner === undefined, `${variable} belongs to both ${owner} and ${name}`);
  });
  const groups = oneOf.flatMap((group) => [
    ...unless(group.length > 0, "a group of oneOf is empty"),
    ...group.flatMap((name) =>
      unless(options[name]?.optional === true, `oneOf names ${show(name)}, which is no optional option`),
    ),
  ]);
  return [...Object.entries(options).flatMap(([name, option]) => optionFaults(name, option)), ...shared, ...groups];
}

function optionFaults(name: string, option: OptionDefinition): string[] {
  const about = (fault: string) => `option ${name} ${fault}`;
  const fits = (value: unknown) => "value" in parseOption(value, option);
  return [
    ...unless(/^[a-z][A-Za-z0-9]*$/.test(name), about("must be in camelCase")),
    ...unless(
      isLine(option.description) && !option.description.endsWith("."),
      about("needs a description of one line without full stop"),
    ),
    ...unless(option.env?.length > 0, about("needs an environment variable")),
    ...(option.env ?? []).flatMap((env) =>
      unless(/^[A-Za-z][A-Za-z0-9_]*$/.test(env), about(`has ${show(env)}, which is no name for a variable`)),
    ),
    ...unless(option.secret !== true || option.default === undefined, about("is secret and must have no default")),
    ...unless(
      option.secret !== true || option.type === undefined || option.type === "string",
      about("is secret and must be a string"),
    ),
    ...unless(
      option.default === undefined || fits(option.default),
      about("has a default of another type or not among its choices"),
    ),
    ...unless(
      option.example === undefined || fits(option.example),
      about("has an example that it would refuse itself"),
    ),
  ];
}
