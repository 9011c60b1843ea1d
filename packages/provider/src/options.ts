/** One option of a provider. Everything about it stands here once; types, help, docs and validation derive from it. */
export interface OptionDefinition {
  /** What it is, for help and docs; one line, no full stop. */
  readonly description: string;
  /** Environment variables that hold it, the preferred one first: lego's name, then acme.sh's. Each also works with `_FILE`. */
  readonly env: readonly string[];
  /** How its text is read. Default `string`. `list`: separated by commas. `duration` and `integer`: a whole number (of seconds). */
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
