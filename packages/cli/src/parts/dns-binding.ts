import { afterGrace, type ChallengeSpec, type DnsBinding } from "@certwright/core";
import {
  createLocks,
  type DefinedProvider,
  isCertwrightError,
  type Locks,
  openProvider,
  type ProviderHandle,
  parseZonePin,
  readOptions,
  type SetupResult,
  secretsOf,
  setUpProvider,
} from "@certwright/provider";
import type { Surroundings } from "../command.ts";
import { cliError } from "../errors.ts";
import { readSmallTextFile } from "../files.ts";
import { loadProvider } from "../plugins/load-provider.ts";
import { pluginSearch } from "../plugins/search.ts";
import { readSecret } from "../secret-ref.ts";
import { createProviderHost } from "./provider-host.ts";

/**
 * Loads, configures and opens the provider of one way to prove names.
 *
 * @throws CertwrightError `PLUGIN_...`, `PROVIDER_OPTIONS`, `CONFIG_SECRET_...`, `CLI_SECRET_IN_CLEAR`, and what the provider's `create` throws
 */
export async function openDnsBinding(
  way: ChallengeSpec,
  surroundings: Surroundings,
  { locks, onRefused = () => {} }: BindingLife = {},
): Promise<DnsBinding> {
  const definition = await loadProvider(way.provider ?? "", await pluginSearch(surroundings.context.cwd));
  const values = await givenValues(way, definition, surroundings);
  const binding = await openDefined(definition, way, values, surroundings, locks);
  return { ...binding, handle: tellRefusals(binding.handle, onRefused) };
}

/** What a binding has to do with the one that follows it. */
interface BindingLife {
  /** Shared with it: both may be writing for a moment. */
  readonly locks?: Locks;
  /** Called where the API does not take the credential: where it is read from may be another by now. */
  readonly onRefused?: () => void;
}

function tellRefusals(handle: ProviderHandle, onRefused: () => void): ProviderHandle {
  const told = async <T>(call: Promise<T>): Promise<T> => {
    try {
      return await call;
    } catch (error) {
      if (isCertwrightError(error) && ["PROVIDER_AUTH", "PROVIDER_FORBIDDEN"].includes(error.code)) onRefused();
      throw error;
    }
  };
  return {
    ...handle,
    findZone: (fqdn, names) => told(handle.findZone(fqdn, names)),
    add: (records) => told(handle.add(records)),
    remove: (records) => told(handle.remove(records)),
  };
}

/** The same with options that are read already, secrets in the clear among them. */
export async function openDefined(
  definition: DefinedProvider,
  way: ChallengeSpec,
  values: Readonly<Record<string, string>>,
  surroundings: Surroundings,
  // The same for both: what the run's handle has under way, clean-up's must wait for.
  locks: Locks = createLocks(),
): Promise<DnsBinding> {
  const name = way.provider ?? "";
  const options = await optionsOf(definition, values, surroundings);
  const pin = way.zone === undefined ? undefined : parseZonePin(way.zone);
  const open = (signal: AbortSignal) =>
    openProvider(definition, {
      instance: way.instance ?? name,
      options,
      locks,
      host: createProviderHost(surroundings, signal),
      ...(way.zone === undefined ? {} : { zones: [way.zone] }),
    });
  return {
    handle: await open(afterGrace(surroundings.context.stopper.signal)),
    reopen: open,
    ...(way.zones === undefined ? {} : { zones: way.zones }),
    ...(pin === undefined ? {} : { zone: { name: pin.name, id: pin.id ?? pin.name } }),
  };
}

/**
 * Runs what a provider needs once for domains.
 *
 * @throws CertwrightError as `openDnsBinding`; ProviderError `PROVIDER_UNSUPPORTED` where it needs nothing
 */
export async function setUpDns(
  way: ChallengeSpec,
  domains: readonly string[],
  surroundings: Surroundings,
): Promise<SetupResult> {
  const { context } = surroundings;
  const name = way.provider ?? "";
  const definition = await loadProvider(name, await pluginSearch(context.cwd));
  const values = await givenValues(way, definition, surroundings);
  const options = await optionsOf(definition, values, surroundings);
  const host = createProviderHost(surroundings, context.stopper.signal);
  return await setUpProvider(definition, { instance: name, options, host, domains });
}

/** All options of a provider; secrets among them are masked from then on. */
async function optionsOf(
  definition: DefinedProvider,
  values: Readonly<Record<string, string>>,
  { context, secrets }: Surroundings,
): Promise<Readonly<Record<string, unknown>>> {
  const options = await readOptions(definition, { values, env: context.env, readFile: readSmallTextFile });
  for (const secret of secretsOf(definition, options)) secrets.add(secret);
  return options;
}

async function givenValues(
  { options = {} }: ChallengeSpec,
  definition: DefinedProvider,
  surroundings: Surroundings,
): Promise<Readonly<Record<string, string>>> {
  const values = await Promise.all(
    Object.entries(options).map(async ([name, value]): Promise<[string, string]> => {
      if (typeof value !== "string") return [name, await readSecret(value, surroundings)];
      if (definition.options[name]?.secret === true) {
        surroundings.secrets.add(value);
        throw inClear(name, definition);
      }
      return [name, value];
    }),
  );
  return Object.fromEntries(values);
}

function inClear(name: string, { options }: DefinedProvider): Error {
  const variable = options[name]?.env[0];
  const places = [...(variable === undefined ? [] : [`set ${variable}`, `set ${variable}_FILE to a file's path`])];
  return cliError("CLI_SECRET_IN_CLEAR", `${name} is a secret, and must not be given in the clear`, {
    hint: `Instead ${[...places, `write ${name}=file:/path or ${name}=env:VARIABLE`].join(", or ")}. If it was shown to others, replace it.`,
  });
}
