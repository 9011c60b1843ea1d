import { type CertificateSpec, type RestingCertificate, restAsIssued } from "@certwright/core";
import type { Config } from "@certwright/core/config";
import { eachCertificate, type Store } from "@certwright/core/store";
import { foldersToRead } from "../many-certificates.ts";
import { chooseCertificates, type Listed, storedSpecs } from "../stored-certificates.ts";

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

/** What there is to do, with as little read as possible of certificates that need nothing. */
export interface DueSpecs extends ChosenSpecs {
  readonly resting: readonly RestingCertificate[];
}

/**
 * The same for a run over all that is stored: how a certificate was asked for is only read where it may need something.
 *
 * @param now milliseconds since 1970
 */
export async function chooseDue(
  config: Config | undefined,
  names: readonly string[],
  store: Store,
  { force, now }: { readonly force: boolean; readonly now: number },
): Promise<DueSpecs> {
  if (config !== undefined || names.length > 0 || force)
    return { ...(await chooseSpecs(config, names, store)), resting: [] };
  const resting: RestingCertificate[] = [];
  const others: Listed[] = [];
  // Most reasons are the same few: each is kept once.
  const reasons = new Map<string, string>();
  for await (const listed of eachCertificate(store, await foldersToRead(store))) {
    const rest = "meta" in listed ? restAsIssued(listed.meta, now, store) : undefined;
    if (rest === undefined) {
      others.push(listed);
      continue;
    }
    const reason = reasons.get(rest.reason) ?? rest.reason;
    reasons.set(reason, reason);
    resting.push({ certificate: listed.name, rest: { ...rest, reason } });
  }
  return { ...(await storedSpecs(store, others)), resting };
}
