import type { ProviderContext } from "./context.ts";
import { definitionFaults } from "./definition-faults.ts";
import { CertwrightError } from "./errors.ts";
import type { OptionsSchema, OptionValues } from "./options.ts";
import type { Provider } from "./shapes.ts";

/** The version of this interface. A provider made for another major version is refused when it is loaded. */
export const providerApiVersion = 1;

/** What the host must know of an API to use it well. */
export interface ProviderTraits {
  /** The smallest thing the API changes: one record, all values of a name, or a whole zone. MUST match the shape returned. */
  readonly granularity: "record" | "recordSet" | "zone";
  /**
   * How many calls may run at once: `free` as many as the host likes, `name` one per record set, `zone` one per zone,
   * `serial` one in all. Default: `name`, and `zone` for the zone shape. `free` is for APIs of single records; the other
   * shapes are locked by name, or by zone, in any case.
   */
  readonly concurrency?: "free" | "name" | "zone" | "serial";
  /** The smallest TTL the API takes, in seconds. Default 60. */
  readonly minTtl?: number;
  /**
   * How many TXT values one name can hold. Left out: any number. With 1 the host proves wildcard and apex in turns.
   * A name filled by values that are not ours is an error (`PROVIDER_QUOTA`): they are never pushed out.
   */
  readonly maxValues?: number;
  /**
   * What the API cannot do although the contract asks for it, each with its reason: a sentence for the provider's page.
   * The conformance kit leaves out exactly the cases named here, and checks that the limit is real where it can.
   */
  readonly limits?: Readonly<Partial<Record<ProviderLimit, string>>>;
  /** Longest usual time from a change to all name servers having it, in seconds; the host's default patience. Default 120. */
  readonly propagation?: number;
}

/**
 * - `longValues`: values over 255 bytes; `specialCharacters`: values with `"`, `\\`, `;` or spaces.
 *   A challenge's value has neither; the provider MUST refuse them with `PROVIDER_UNSUPPORTED` or `PROVIDER_INVALID`.
 * - `apex`: TXT records at the zone's own name; MUST be refused in the same way.
 * - `foreignValues`: the API shows nobody's values, so those of others at the name cannot be kept.
 * - `separateNames`: the API gives a zone's values to every name in it, so two names cannot hold values of their own.
 * - `removal`: the API cannot remove a value; it stays until a later one takes its place. `remove` MUST succeed all the same.
 */
export type ProviderLimit = "longValues" | "specialCharacters" | "apex" | "foreignValues" | "separateNames" | "removal";

/** How a provider was tested, said honestly: it is printed on its page. */
export interface Tested {
  /** `server`: the real software ran; `emulator`: somebody else's emulation of the API; `contract`: from the vendor's documentation. */
  readonly by: "server" | "emulator" | "contract";
  /** The software and version, or the documentation page. */
  readonly against: string;
  /** ISO date of the last such test. */
  readonly on: string;
}

/** Everything about one DNS provider; the default export of its package. */
export interface ProviderDefinition<O extends OptionsSchema = OptionsSchema> {
  /** Lower-case letters, digits and inner hyphens; equal to the folder and to the end of the package name. */
  readonly id: string;
  /** The vendor's own spelling of its name. */
  readonly name: string;
  /** Other ids the provider is known by (in other tools). */
  readonly aliases?: readonly string[];
  /** The vendor's home page. */
  readonly website: string;
  /** The API's documentation this provider was written from. */
  readonly docs: string;
  /** The API's base URL. Adds the option `endpoint`, with this default, so that a proxy or a test can stand in. */
  readonly endpoint?: string;
  /** Environment variables for the endpoint that other tools use, besides our own. */
  readonly endpointEnv?: readonly string[];
  /**
   * Hosts besides the endpoint's that may be called, over https: `name`, `*.suffix` or `name:port`.
   * Those of options of type `url` need not stand here.
   */
  readonly hosts?: readonly string[];
  readonly options: O;
  /** Groups of optional options of which at least one must be given whole: `[["token"], ["user", "password"]]`. */
  readonly oneOf?: readonly (readonly string[])[];
  readonly traits: ProviderTraits;
  /** The smallest permission that is enough, as a sentence for the provider's page. */
  readonly permissions: string;
  readonly tested: Tested;
  /** Steps to take once before the first certificate, where there are any (acme-dns's registration). */
  setup?(
    options: OptionValues<O>,
    ctx: ProviderContext & { readonly domains: readonly string[] },
  ): Promise<SetupResult>;
  /** Makes the provider. Cheap: no request before the first call, SDKs imported here and nowhere above. */
  create(options: OptionValues<O>, ctx: ProviderContext): Provider | Promise<Provider>;
}

/** What a set-up step asks of the person. */
export interface SetupResult {
  /** Records the person must create themselves, once. */
  readonly records: readonly { readonly name: string; readonly type: "CNAME" | "TXT" | "NS"; readonly value: string }[];
  /** Option values to keep from now on, by option name (secrets among them). */
  readonly options: Readonly<Record<string, string>>;
}

/** A definition with the version of the interface it was made for. */
export type DefinedProvider<O extends OptionsSchema = OptionsSchema> = ProviderDefinition<O> & {
  readonly apiVersion: typeof providerApiVersion;
};

/**
 * Makes a provider package's default export out of its definition; option types are inferred from `options`.
 *
 * @throws CertwrightError `PROVIDER_DEFINITION` when the definition breaks the contract (all faults at once).
 */
export function defineProvider<const O extends OptionsSchema>(definition: ProviderDefinition<O>): DefinedProvider<O> {
  const faults = definitionFaults(definition as unknown as ProviderDefinition);
  if (faults.length > 0)
    throw new CertwrightError(
      "PROVIDER_DEFINITION",
      `the definition of ${String(definition.id)} is not sound: ${faults.join("; ")}`,
      {
        hint: "These are faults of the provider; its author can correct them.",
      },
    );
  return { ...definition, apiVersion: providerApiVersion };
}
