import { type CertificateMeta, certificateMeta } from "./certificate-meta.ts";
import { decodeDocument } from "./document.ts";
import { certificatesFolder } from "./generations.ts";
import { inOrder } from "./in-order.ts";
import { safeName } from "./names.ts";
import type { Store } from "./store.ts";
import { corrupt, isStoreError, type StoreError } from "./store-error.ts";

/** One entry of the list: what is known of the current generation, or why it cannot be read; then `name` is its folder's. */
export type ListedCertificate =
  | { readonly name: string; readonly meta: CertificateMeta }
  | { readonly name: string; readonly error: StoreError };

/**
 * All certificates, one at a time, so that 100,000 need no memory. A damaged one is reported and hides no other.
 *
 * @throws StoreError only where the list itself cannot be read
 */
export async function* eachCertificate(store: Store): AsyncGenerator<ListedCertificate> {
  let seen = 0;
  for await (const listed of inOrder(await certificateFolders(store), (folder) => listOne(store, folder))) {
    if (listed !== undefined) yield listed;
    // Reading may be synchronous; others in this process get their turn.
    seen += 1;
    if (seen % 1000 === 0) await new Promise((resolve) => setImmediate(resolve));
  }
}

/** Names of the folders of certificates, as `safeName` gives them: what is known of all without reading any. */
export async function certificateFolders(store: Store): Promise<readonly string[]> {
  return (await store.list(certificatesFolder))
    .filter((entry) => entry.endsWith("/"))
    .map((entry) => entry.slice(0, -1));
}

/** All certificates at once. */
export async function listCertificates(store: Store): Promise<readonly ListedCertificate[]> {
  const all: ListedCertificate[] = [];
  for await (const listed of eachCertificate(store)) all.push(listed);
  return all;
}

/** What is listed of one folder; undefined where it is no certificate. */
export async function listOne(store: Store, folder: string): Promise<ListedCertificate | undefined> {
  const key = `${certificatesFolder}/${folder}/current`;
  try {
    const value = await store.readThrough(key, "meta.json");
    // Without a pointer it is a certificate that was never finished, or is being removed.
    if (value === undefined) return (await store.read(key)) === undefined ? undefined : missing(folder, key);
    const meta = decodeDocument(certificateMeta, `${key}/meta.json`, value.bytes);
    if (safeName(meta.name) !== folder)
      throw corrupt(`${key}/meta.json`, `it is about ${meta.name}; the folder was renamed`);
    return { name: meta.name, meta };
  } catch (error) {
    if (isStoreError(error)) return { name: folder, error };
    throw error;
  }
}

function missing(folder: string, key: string): ListedCertificate {
  return { name: folder, error: corrupt(`${key}/meta.json`, "it is missing") };
}
