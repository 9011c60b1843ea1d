import type { CertificateSpec } from "@certwright/core";
import type { Config } from "@certwright/core/config";
import type { Store } from "@certwright/core/store";
import { chooseCertificates, storedSpecs } from "../stored-certificates.ts";

/** Specifications to work on. */
export interface ChosenSpecs {
  readonly specs: readonly CertificateSpec[];
  readonly broken: readonly { readonly name: string; readonly error: Error }[];
}

/**
 * What is to be renewed: with a configuration all it has, else all that is stored; or those named. One that is named and
 * only stored is taken as it was asked for then.
 *
 * @throws CertwrightError `CLI_CERTIFICATE_UNKNOWN`
 */
export async function chooseSpecs(
  config: Config | undefined,
  names: readonly string[],
  store: Store,
): Promise<ChosenSpecs> {
  const configured = config?.certificates ?? [];
  if (config !== undefined && names.length === 0) return { specs: configured, broken: [] };
  const own = configured.filter(({ name }) => names.includes(name));
  const others = names.filter((name) => !own.some((spec) => spec.name === name));
  if (others.length === 0 && names.length > 0) return { specs: own, broken: [] };
  const stored = await storedSpecs(store, await chooseCertificates(store, others, configured));
  return { specs: [...own, ...stored.specs], broken: stored.broken };
}
