import { type DefinedProvider, providerApiVersion } from "./define.ts";
import { CertwrightError, type ProviderOperation } from "./errors.ts";
import type { Masker } from "./mask.ts";
import { sealError } from "./seal.ts";
import { untilAborted } from "./until-aborted.ts";

/** Runs one call of a provider; what it throws comes out masked, with provider, instance and operation filled in. */
export type Guarded = <T>(operation: ProviderOperation, work: () => T | Promise<T>) => Promise<T>;

/** Makes the guard around all calls of one provider instance; once the signal aborts they end with its reason. */
export function guard(provider: string, instance: string, signal: AbortSignal, mask: Masker): Guarded {
  return async (operation, work) => {
    try {
      signal.throwIfAborted();
      // Even work that does not listen itself.
      return await untilAborted(Promise.resolve(work()), signal);
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      throw sealError(error, { provider, instance, operation, mask });
    }
  };
}

/** Refuses a provider made for another version of this interface. */
export function checkVersion({ apiVersion, id }: DefinedProvider): void {
  if (apiVersion === providerApiVersion) return;
  throw new CertwrightError(
    "PROVIDER_DEFINITION",
    `${id} is made for version ${apiVersion} of the provider interface; this is version ${providerApiVersion}`,
    {
      hint: "Install the version of the provider's package that fits this version of Certwright.",
    },
  );
}
