import type { ProviderDefinition } from "./define.ts";

/** One option of a provider. Everything about it stands here once; types, help, docs and validation derive from it. */
export interface OptionDefinition {
  /** What it is, for help and docs; one line, no full stop. */
  readonly description: string;
  /** Environment variables that hold it, the preferred one first: lego's name, then acme.sh's. Each also works with `_FILE`. */
  readonly env: readonly string[];
  /**
   * How its text is read. Default `string`. `list`: separated by commas. `path`: a file's name, read by `ctx.readFile`.
   * `url`: http or https; a bare `host` or `host:port` is read as https.
   */
  readonly type?: "string" | "integer" | "boolean" | "url" | "list" | "path";
  /** Masked everywhere. */
  readonly secret?: boolean;
  /** May be left out. An option with a default is always optional. */
  readonly optional?: boolean;
  readonly default?: string | number | boolean | readonly string[];
  /** Allowed values. */
  readonly choices?: readonly string[];
  readonly example?: string;
}

/** The options of a provider by name (camelCase). */
export type OptionsSchema = Readonly<Record<string, OptionDefinition>>;

type ValueOf<D extends OptionDefinition> = D extends { type: "integer" }
  ? number
  : D extends { type: "boolean" }
    ? boolean
    : D extends { type: "list" }
      ? readonly string[]
      : D extends { choices: readonly (infer C)[] }
        ? C
        : string;

// biome-ignore lint/complexity/noBannedTypes: `{}` is "anything but undefined" here
type IsOptional<D extends OptionDefinition> = D extends { default: {} }
  ? false
  : D extends { optional: true }
    ? true
    : false;

/** The values `create` receives: inferred from the schema, plus `endpoint` where the definition has one. */
export type OptionValues<O extends OptionsSchema> = {
  readonly [K in keyof O as IsOptional<O[K]> extends true ? never : K]: ValueOf<O[K]>;
} & { readonly [K in keyof O as IsOptional<O[K]> extends true ? K : never]?: ValueOf<O[K]> } & {
  readonly endpoint: string;
};

/**
 * The options of a definition with `endpoint`, which every definition that has an endpoint gets without saying so.
 *
 * Its variables are `CERTWRIGHT_DNS_<ID>_ENDPOINT` and those of `endpointEnv`. A definition that must be told its
 * endpoint (software people run themselves) declares the option `endpoint` itself, required, and has no `endpoint`.
 */
export function allOptions(
  definition: Pick<ProviderDefinition, "id" | "options" | "endpoint" | "endpointEnv">,
): OptionsSchema {
  const { id, options, endpoint, endpointEnv = [] } = definition;
  if (endpoint === undefined || options.endpoint !== undefined) return options;
  const own = `CERTWRIGHT_DNS_${id.toUpperCase().replaceAll("-", "_")}_ENDPOINT`;
  return {
    ...options,
    endpoint: { type: "url", env: [own, ...endpointEnv], default: endpoint, description: "Base URL of the API" },
  };
}

/** The texts to mask for these values: those of every secret option. */
export function secretsOf(
  definition: Pick<ProviderDefinition, "options">,
  values: Readonly<Record<string, unknown>>,
): readonly string[] {
  return Object.entries(definition.options)
    .filter(([, option]) => option.secret === true)
    .flatMap(([name]) => values[name])
    .filter((value) => typeof value === "string");
}

/** One option as help and documentation show it. */
export interface OptionRow {
  readonly option: string;
  readonly env: readonly string[];
  readonly type: NonNullable<OptionDefinition["type"]>;
  readonly required: boolean;
  readonly secret: boolean;
  readonly default: string | undefined;
  readonly choices: readonly string[] | undefined;
  readonly example: string | undefined;
  readonly description: string;
  /** Other options that can be given instead of the group this one belongs to, by group. */
  readonly insteadOf: readonly (readonly string[])[];
}

/** The rows of a provider's option table: required ones first, then as declared, `endpoint` last. */
export function describeOptions(
  definition: Pick<ProviderDefinition, "id" | "options" | "endpoint" | "endpointEnv" | "oneOf">,
): readonly OptionRow[] {
  const rows = Object.entries(allOptions(definition)).map(([name, option]) => ({
    option: name,
    env: option.env,
    type: option.type ?? "string",
    required: option.optional !== true && option.default === undefined,
    secret: option.secret === true,
    default: option.default === undefined ? undefined : [option.default].flat().join(","),
    choices: option.choices,
    example: option.example,
    description: option.description,
    insteadOf: definition.oneOf?.some((group) => group.includes(name))
      ? definition.oneOf.filter((group) => !group.includes(name))
      : [],
  }));
  return [...rows.filter(({ required }) => required), ...rows.filter(({ required }) => !required)];
}
