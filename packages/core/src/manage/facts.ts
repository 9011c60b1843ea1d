import type { CertificateSpec } from "../spec.ts";
import type { StoredCertificate } from "../store/certificates.ts";
import type { Store } from "../store/store.ts";
import { statesHere } from "../store/target-machine.ts";
import { undeployed } from "./deploy.ts";
import type { StoredFacts } from "./plan.ts";

/** What a plan needs of a stored certificate. The profile is the one asked for: a CA asked for none still names the one it used. */
export function factsOf(
  { meta, spec }: Pick<StoredCertificate, "meta"> & { readonly spec: Pick<CertificateSpec, "profile"> },
  targets: readonly string[],
  store: Pick<Store, "machine">,
): StoredFacts {
  const { renewalInfo } = meta;
  const chosen = renewalInfo?.chosen;
  const states = statesHere(meta.targets, store);
  const known = new Set(states.map(({ target }) => target));
  return {
    identifiers: meta.identifiers,
    keyType: meta.keyType,
    profile: spec.profile,
    directoryUrl: meta.directoryUrl,
    notBefore: new Date(meta.notBefore),
    notAfter: new Date(meta.notAfter),
    revoked: meta.revoked !== undefined,
    certId: renewalInfo?.certId,
    suggested: chosen === undefined ? undefined : { at: new Date(chosen), explanation: renewalInfo?.explanationUrl },
    undeployed: [
      ...undeployed(states)
        .filter(({ target }) => targets.includes(target))
        .map(({ target, nextTry, accepted, wanted, lastError }) => ({
          target,
          notBefore: nextTry === undefined ? undefined : new Date(nextTry),
          isPart: accepted?.fingerprint256 === wanted,
          ...(lastError === undefined ? {} : { lastError }),
        })),
      ...targets.filter((target) => !known.has(target)).map((target) => ({ target, notBefore: undefined })),
    ],
  };
}
