import type { CertificateSpec } from "../spec.ts";
import { type CertificateMeta, certificateMeta } from "./certificate-meta.ts";
import { certificateSpec } from "./certificate-spec.ts";
import { decodeDocument, encodeDocument } from "./document.ts";
import {
  certificateFolder,
  currentGeneration,
  currentPointer,
  type GenerationFile,
  generationKey,
  removeGeneration,
  storedGenerations,
} from "./generations.ts";
import type { Store, Stored } from "./store.ts";
import { corrupt, hasCode, StoreError } from "./store-error.ts";

/** One generation of a certificate, whole. */
export interface StoredCertificate {
  readonly meta: CertificateMeta;
  readonly spec: CertificateSpec;
  readonly leafPem: string;
  readonly chainPem: string;
  readonly fullchainPem: string;
  readonly keyPem?: string;
}

/**
 * Reads a certificate: the current generation, or the one asked for. `undefined` where there is none.
 *
 * @throws StoreError `STORE_CORRUPT`, `STORE_NEWER_FORMAT`, and what the store throws
 */
export async function readCertificate(
  store: Store,
  name: string,
  generation?: number,
): Promise<StoredCertificate | undefined> {
  for (let attempt = 1; ; attempt += 1) {
    const chosen = generation ?? (await currentGeneration(store, name));
    if (chosen === undefined) return undefined;
    try {
      return await readGeneration(store, name, chosen, generation !== undefined);
    } catch (error) {
      // Five renewals while one reader reads would take its generation away; then there is a later one.
      const moved = generation === undefined && (await currentGeneration(store, name)) !== chosen;
      if (!moved || attempt === 3) throw error;
    }
  }
}

/** The current generation's `meta.json`, which is all that most decisions need. */
export async function readCertificateMeta(store: Store, name: string): Promise<CertificateMeta | undefined> {
  const value = await store.readThrough(currentPointer(name), "meta.json");
  return value === undefined
    ? undefined
    : decodeDocument(certificateMeta, `${currentPointer(name)}/meta.json`, value.bytes);
}

/** The current generation's `spec.json`: how to obtain it again. */
export async function readCertificateSpec(store: Store, name: string): Promise<CertificateSpec | undefined> {
  const value = await store.readThrough(currentPointer(name), "spec.json");
  return value === undefined
    ? undefined
    : decodeDocument(certificateSpec, `${currentPointer(name)}/spec.json`, value.bytes);
}

/**
 * Changes what is known of the current generation, such as its renewal window or the state of a target. `change` may be
 * called again when another run changed the same in between; when it returns its argument nothing is written.
 *
 * @throws StoreError `CERTIFICATE_NOT_FOUND`, `STORE_CONFLICT`, and what the store throws
 */
export async function updateCertificateMeta(
  store: Store,
  name: string,
  change: (meta: CertificateMeta) => CertificateMeta,
): Promise<CertificateMeta> {
  for (let attempt = 1; ; attempt += 1) {
    const generation = await currentGeneration(store, name);
    if (generation === undefined) throw notFound(name);
    const key = generationKey(name, generation, "meta.json");
    const value = await store.read(key);
    if (value === undefined) throw corrupt(key, "it is missing");
    const meta = decodeDocument(certificateMeta, key, value.bytes);
    const changed = change(meta);
    if (changed === meta) return meta;
    try {
      await store.write(key, encodeDocument(certificateMeta, changed), { ifVersion: value.version });
      return changed;
    } catch (error) {
      if (!hasCode(error, "STORE_CONFLICT") || attempt === 50) throw error;
    }
  }
}

/** Removes a certificate with all its generations and keys. Says whether there was one. */
export async function removeCertificate(store: Store, name: string): Promise<boolean> {
  const existed = (await currentGeneration(store, name)) !== undefined;
  // First the pointer: what is cut off after it is no certificate any more, but never half of one.
  await store.remove(currentPointer(name));
  for (const generation of await storedGenerations(store, name)) await removeGeneration(store, name, generation);
  return existed;
}

/** Where people and their programs find the files of the current generation, or of another. */
export function locateCertificate(store: Store, name: string, file: GenerationFile, generation?: number): string {
  return store.locate(
    generation === undefined ? `${currentPointer(name)}/${file}` : generationKey(name, generation, file),
  );
}

async function readGeneration(store: Store, name: string, generation: number, mayBeAbsent: boolean) {
  const key = (file: GenerationFile) => generationKey(name, generation, file);
  const read = async (file: GenerationFile) => ({ file, value: await store.read(key(file)) });
  const files = await Promise.all(
    (["meta.json", "spec.json", "leaf.pem", "chain.pem", "fullchain.pem", "key.pem"] as const).map(read),
  );
  const values = new Map<GenerationFile, Stored | undefined>(files.map(({ file, value }) => [file, value]));
  if (mayBeAbsent && files.every(({ value }) => value === undefined)) return undefined;
  const bytes = (file: GenerationFile) => {
    const value = values.get(file);
    if (value === undefined) throw corrupt(key(file), "it is missing");
    return value.bytes;
  };
  const pem = (file: GenerationFile) => Buffer.from(bytes(file)).toString("latin1");
  const leafPem = pem("leaf.pem");
  if (!leafPem.startsWith("-----BEGIN CERTIFICATE-----")) throw corrupt(key("leaf.pem"), "it is no PEM certificate");
  if (pem("fullchain.pem") !== leafPem + pem("chain.pem"))
    throw corrupt(key("fullchain.pem"), "it is not leaf.pem and chain.pem together");
  const spec = decodeDocument(certificateSpec, key("spec.json"), bytes("spec.json"));
  const hasKey = values.get("key.pem") !== undefined || spec.csrFile === undefined;
  if (hasKey && !wholeKey.test(pem("key.pem"))) throw corrupt(key("key.pem"), "it is not a whole PEM private key");
  return {
    meta: decodeDocument(certificateMeta, key("meta.json"), bytes("meta.json")),
    spec,
    leafPem,
    chainPem: pem("chain.pem"),
    fullchainPem: pem("fullchain.pem"),
    ...(hasKey ? { keyPem: pem("key.pem") } : {}),
  };
}

const wholeKey = /^-----BEGIN [A-Z ]*PRIVATE KEY-----\n[\s\S]*-----END [A-Z ]*PRIVATE KEY-----\n?$/;

function notFound(name: string, generation?: number): StoreError {
  const what = generation === undefined ? `certificate ${name}` : `generation ${generation} of certificate ${name}`;
  return new StoreError("CERTIFICATE_NOT_FOUND", `no ${what} is stored`, {
    key: certificateFolder(name),
    hint: "See what is stored with: certwright list",
  });
}
