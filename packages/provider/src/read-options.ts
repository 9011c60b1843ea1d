import type { ProviderDefinition } from "./define.ts";
import { CertwrightError } from "./errors.ts";
import { nearest } from "./nearest.ts";
import { type OptionValue, parseOption } from "./option-value.ts";
import { allOptions, type OptionDefinition, type OptionsSchema, type OptionValues } from "./options.ts";

/** One thing wrong with a provider's options. */
export interface OptionFault {
  readonly option: string;
  /** The environment variable it was read from, or else the preferred one. */
  readonly env?: string;
  /** What is wrong, without a subject: `is missing`. */
  readonly problem: string;
  readonly hint: string;
}

/** Options of a provider are missing, unknown or wrong: code `PROVIDER_OPTIONS`, all faults at once. */
export class ProviderOptionsError extends CertwrightError {
  override readonly name: string = "ProviderOptionsError";
  readonly provider: string;
  readonly faults: readonly OptionFault[];

  constructor(definition: ProviderDefinition, faults: readonly OptionFault[]) {
    super(
      "PROVIDER_OPTIONS",
      `${definition.name}: ${faults.map(({ option, problem }) => `${option} ${problem}`).join("; ")}`,
      {
        hint: `${faults.map(({ hint }) => hint).join(" ")} See ${definition.docs}`,
      },
    );
    this.provider = definition.id;
    this.faults = faults;
  }
}

/** Where options come from. */
export interface OptionSources {
  /** Given by name, in the configuration or on the command line; they win. `{ env: NAME }` and `{ file: PATH }` refer to elsewhere. */
  readonly values?: Readonly<Record<string, unknown>>;
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Reads a small file named by a `_FILE` variable or a `{ file }`. */
  readonly readFile?: (path: string) => Promise<string>;
}

/**
 * Reads a provider's options: given values first, then each environment variable in turn, then the same with `_FILE`
 * (the path of a file that holds the value; line ends at its end are cut), then the default. Empty variables count as unset.
 *
 * @throws ProviderOptionsError with every fault there is.
 */
export async function readOptions<O extends OptionsSchema>(
  definition: ProviderDefinition<O>,
  sources: OptionSources,
): Promise<OptionValues<O>> {
  const schema = allOptions(definition);
  const given = sources.values ?? {};
  const faults: OptionFault[] = Object.keys(given)
    .filter((name) => !Object.hasOwn(schema, name))
    .map((name) => unknown(name, schema));
  const values: Record<string, OptionValue> = { endpoint: "" };
  for (const [name, option] of Object.entries(schema)) {
    const result = await readOne(name, option, given[name], sources);
    if (result === undefined) continue;
    if ("fault" in result) faults.push(result.fault);
    else values[name] = result.value;
  }
  const missing = missingGroup(definition, values);
  if (missing !== undefined && faults.length === 0) faults.push(missing);
  if (faults.length > 0) throw new ProviderOptionsError(definition as unknown as ProviderDefinition, faults);
  return values as OptionValues<O>;
}

type Read = { readonly value: OptionValue } | { readonly fault: OptionFault } | undefined;

async function readOne(name: string, option: OptionDefinition, given: unknown, sources: OptionSources): Promise<Read> {
  const found = (await findGiven(given, sources)) ?? (await findInEnv(option, sources));
  const env = found?.env ?? option.env[0];
  const fault = (problem: string, hint: string): Read => ({
    fault: { option: name, ...(env === undefined ? {} : { env }), problem, hint },
  });
  if (found === undefined) {
    if (option.default !== undefined) return { value: option.default };
    if (option.optional === true) return undefined;
    return fault("is missing", `Set ${[...option.env, `the option ${name}`].join(" or ")}: ${option.description}.`);
  }
  if ("problem" in found) return fault(found.problem, `Check ${found.env ?? name}.`);
  const parsed = parseOption(found.value, option);
  if ("value" in parsed) return parsed;
  return fault(
    parsed.problem,
    `Correct ${found.env ?? `the option ${name}`}${option.example === undefined ? "" : `, for example ${option.example}`}.`,
  );
}

type Found = { readonly env?: string } & ({ readonly value: unknown } | { readonly problem: string });

async function findGiven(given: unknown, sources: OptionSources): Promise<Found | undefined> {
  if (given === undefined || given === null) return undefined;
  if (typeof given !== "object" || Array.isArray(given)) return { value: given };
  const { env, file, ...rest } = given as { env?: unknown; file?: unknown };
  if (Object.keys(rest).length === 0) {
    if (typeof env === "string" && file === undefined) {
      const value = sources.env?.[env];
      return value === undefined || value === ""
        ? { env, problem: `refers to ${env}, which is not set` }
        : { env, value };
    }
    if (typeof file === "string" && env === undefined) return readFrom(file, sources);
  }
  return { problem: "should be a value, or { env: NAME }, or { file: PATH }" };
}

async function findInEnv(option: OptionDefinition, sources: OptionSources): Promise<Found | undefined> {
  for (const env of option.env) {
    const value = sources.env?.[env];
    if (value !== undefined && value !== "") return { env, value };
  }
  for (const env of option.env.map((name) => `${name}_FILE`)) {
    const path = sources.env?.[env];
    if (path !== undefined && path !== "") return { env, ...(await readFrom(path, sources)) };
  }
  return undefined;
}

async function readFrom(
  path: string,
  { readFile }: OptionSources,
): Promise<{ readonly value: string } | { readonly problem: string }> {
  if (readFile === undefined) return { problem: "names a file, but files cannot be read here" };
  try {
    const value = (await readFile(path)).replace(/[\r\n]+$/, "");
    return value === "" ? { problem: `is read from ${path}, which is empty` } : { value };
  } catch (error) {
    const code = error instanceof Error && "code" in error ? ` (${String(error.code)})` : "";
    return { problem: `is read from ${path}, which cannot be read${code}` };
  }
}

function unknown(name: string, schema: OptionsSchema): OptionFault {
  const known = nearest(name, Object.keys(schema));
  return {
    option: name,
    problem: "is not an option of this provider",
    hint:
      known === undefined ? `Its options are ${Object.keys(schema).join(", ") || "none"}.` : `Did you mean ${known}?`,
  };
}

/** The fault for alternatives of which none is complete; named is what the nearest one lacks. */
function missingGroup(
  definition: Pick<ProviderDefinition, "oneOf" | "options">,
  values: Readonly<Record<string, OptionValue>>,
): OptionFault | undefined {
  const lacking = (definition.oneOf ?? []).map((group) =>
    group.filter((name) => values[name] === undefined || values[name] === ""),
  );
  if (lacking.length === 0 || lacking.some((names) => names.length === 0)) return undefined;
  const started = (definition.oneOf ?? []).findIndex((group, index) => (lacking[index]?.length ?? 0) < group.length);
  const named = (names: readonly string[]) =>
    names.map((name) => `${name} (${definition.options[name]?.env[0] ?? "no variable"})`).join(" and ");
  const env = definition.options[lacking[Math.max(0, started)]?.[0] ?? ""]?.env[0];
  return {
    option: (lacking[Math.max(0, started)] as readonly string[])[0] as string,
    ...(env === undefined ? {} : { env }),
    problem: "is missing",
    hint: `Set ${(definition.oneOf ?? []).map(named).join(", or ")}.`,
  };
}
