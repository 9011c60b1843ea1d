import { type CertificateMeta, certificateMeta } from "./certificate-meta.ts";
import { decodeDocument } from "./document.ts";
import { certificatesFolder } from "./generations.ts";
import { inOrder } from "./in-order.ts";
import { safeName } from "./names.ts";
import type { Store, Stored } from "./store.ts";
import { corrupt, isStoreError, type StoreError } from "./store-error.ts";

/** One entry of the list: what is known of the current generation, or why it cannot be read; then `name` is its folder's. */
export type ListedCertificate =
  | { readonly name: string; readonly meta: CertificateMeta }
  | { readonly name: string; readonly error: StoreError };

/** From so many certificates on, a store that reads them together saves more than it needs to begin. */
const many = 5000;

/**
 * All certificates, or those in some folders, one at a time, so that 100,000 need no memory. A damaged one is reported and
 * hides no other.
 *
 * @throws StoreError only where the list itself cannot be read
 */
export async function* eachCertificate(store: Store, some?: readonly string[]): AsyncGenerator<ListedCertificate> {
  const folders = some ?? (await certificateFolders(store));
  const looks = folders.length < many ? undefined : store.readThroughEach?.(pointersIn(folders), "meta.json");
  let seen = 0;
  for await (const listed of looks === undefined ? oneByOne(store, folders) : together(store, folders, looks)) {
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

/** The same, at once. */
export async function listCertificates(store: Store, some?: readonly string[]): Promise<readonly ListedCertificate[]> {
  const all: ListedCertificate[] = [];
  for await (const listed of eachCertificate(store, some)) all.push(listed);
  return all;
}

type Look = () => Stored | undefined | Promise<Stored | undefined>;

function oneByOne(store: Store, folders: readonly string[]): AsyncGenerator<ListedCertificate | undefined> {
  return inOrder(folders, (folder) => listOne(store, folder, () => store.readThrough(pointerIn(folder), "meta.json")));
}

async function* together(
  store: Store,
  folders: readonly string[],
  looks: AsyncIterable<readonly Look[]>,
): AsyncGenerator<ListedCertificate | undefined> {
  let next = 0;
  for await (const some of looks) {
    for (const look of some) yield await listOne(store, folders[next++] as string, look);
  }
}

/** What is listed of one folder; undefined where it is no certificate. */
async function listOne(store: Store, folder: string, look: Look): Promise<ListedCertificate | undefined> {
  const key = pointerIn(folder);
  try {
    const value = await look();
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

const pointerIn = (folder: string) => `${certificatesFolder}/${folder}/current`;

function* pointersIn(folders: readonly string[]): Generator<string> {
  for (const folder of folders) yield pointerIn(folder);
}
