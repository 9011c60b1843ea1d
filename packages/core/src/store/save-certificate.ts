import type { CertificateSpec } from "../spec.ts";
import { type CertificateMeta, certificateMeta, type RenewalInfoState, type TargetState } from "./certificate-meta.ts";
import { certificateSpec } from "./certificate-spec.ts";
import { readCertificateMeta } from "./certificates.ts";
import { combinedFile } from "./combined-file.ts";
import { encodeDocument } from "./document.ts";
import {
  advance,
  currentGeneration,
  type GenerationFile,
  generationKey,
  prune,
  storedGenerations,
} from "./generations.ts";
import type { Store } from "./store.ts";
import { hasCode } from "./store-error.ts";
import { machineOf, statesHere } from "./target-machine.ts";

/** A certificate as it came from the CA, checked, with all that is to be remembered of it. */
export interface IssuedCertificate {
  /** How it was asked for. `spec.name` is its name in the store; `spec.deploy` becomes its targets. */
  readonly spec: CertificateSpec;
  /** Left out where the user keeps the key (own CSR). */
  readonly keyPem?: string;
  readonly leafPem: string;
  /** Intermediates, leaf excluded; may be empty. */
  readonly chainPem: string;
  readonly directoryUrl: string;
  readonly accountUrl: string;
  /** The profile the CA used. */
  readonly profile?: string;
  readonly renewalInfo?: RenewalInfoState;
}

/**
 * Stores a certificate as a new generation and makes that the current one, in one step: whoever reads through `current`
 * sees the old key with the old certificate or the new with the new. What targets had taken and served before is kept.
 * The five latest generations stay.
 *
 * @param now milliseconds since 1970
 * @throws StoreError `CERTIFICATE_UNREADABLE`, `CERTIFICATE_KEY_MISMATCH`, and what the store throws
 */
export async function saveCertificate(store: Store, issued: IssuedCertificate, now: number): Promise<CertificateMeta> {
  const { readLeaf, tidyPem } = await import("./pem.ts");
  const { spec } = issued;
  const leaf = tidyPem(issued.leafPem);
  const chain = tidyPem(issued.chainPem);
  const key = issued.keyPem === undefined ? undefined : tidyPem(issued.keyPem);
  const facts = readLeaf(spec.name, leaf, key);
  const [before, taken] = await Promise.all([
    readPreviousTargets(store, spec.name),
    takenGenerations(store, spec.name),
  ]);
  const about: Omit<CertificateMeta, "generation"> = {
    name: spec.name,
    identifiers: spec.identifiers,
    ...facts,
    ...(issued.profile === undefined ? {} : { profile: issued.profile }),
    directoryUrl: issued.directoryUrl,
    accountUrl: issued.accountUrl,
    issuedAt: now,
    ...(issued.renewalInfo === undefined ? {} : { renewalInfo: issued.renewalInfo }),
    targets: spec.deploy.map((target) => wantedTarget(target, store, facts.fingerprint256, before.get(target))),
  };
  const meta = await claimGeneration(store, about, Math.max(0, ...taken) + 1);
  const put = (file: GenerationFile, bytes: string | Uint8Array, secret = false) =>
    store.write(generationKey(spec.name, meta.generation, file), Buffer.from(bytes), { secret });
  await Promise.all([
    put("leaf.pem", leaf),
    put("chain.pem", chain),
    put("fullchain.pem", leaf + chain),
    ...(key === undefined ? [] : [put("key.pem", key, true), put(combinedFile, leaf + chain + key, true)]),
    put("spec.json", encodeDocument(certificateSpec, spec)),
  ]);
  await advance(store, spec.name, meta.generation);
  // The certificate is safe by now; what cannot be tidied today is tidied at the next renewal.
  await prune(store, spec.name, taken).catch(() => undefined);
  return meta;
}

/** Numbers that are taken: those stored, and the one the pointer names even where it is not. */
async function takenGenerations(store: Store, name: string): Promise<readonly number[]> {
  const [stored, current] = await Promise.all([storedGenerations(store, name), currentGeneration(store, name)]);
  return current === undefined || stored.includes(current) ? stored : [...stored, current].sort((a, b) => a - b);
}

/** Takes the next free number by writing `meta.json`, which no other run can then write. */
async function claimGeneration(
  store: Store,
  about: Omit<CertificateMeta, "generation">,
  first: number,
): Promise<CertificateMeta> {
  for (let generation = first; ; generation += 1) {
    const meta: CertificateMeta = { ...about, generation };
    try {
      const key = generationKey(about.name, generation, "meta.json");
      await store.write(key, encodeDocument(certificateMeta, meta), { ifVersion: null });
      return meta;
    } catch (error) {
      if (!hasCode(error, "STORE_CONFLICT")) throw error;
    }
  }
}

async function readPreviousTargets(store: Store, name: string): Promise<ReadonlyMap<string, TargetState>> {
  try {
    const meta = await readCertificateMeta(store, name);
    return new Map(statesHere(meta?.targets ?? [], store).map((state) => [state.target, state]));
  } catch (error) {
    // A damaged old generation is no reason to lose a new certificate; a newer format is one not to write at all.
    if (hasCode(error, "STORE_CORRUPT")) return new Map();
    throw error;
  }
}

/** Those of other machines are left out: each finds that its own is not known, and deploys to it. */
function wantedTarget(target: string, store: Store, wanted: string, before: TargetState | undefined): TargetState {
  const { accepted, served } = before ?? {};
  const machine = machineOf(target, store);
  return {
    target,
    ...(machine === undefined ? {} : { machine }),
    wanted,
    ...(accepted === undefined ? {} : { accepted }),
    ...(served === undefined ? {} : { served }),
    failures: 0,
  };
}
