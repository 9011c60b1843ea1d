import { safeName } from "./names.ts";
import type { Store } from "./store.ts";
import { hasCode, StoreError } from "./store-error.ts";

/** Folder of all certificates. */
export const certificatesFolder = "certificates";
/** Generations kept of each certificate, the current one included. */
export const generationsKept = 5;
/** Every file a generation may have. The certificate and key files are meant for people and their programs, too. */
const generationFiles = [
  "leaf.pem",
  "chain.pem",
  "fullchain.pem",
  "key.pem",
  "haproxy.pem",
  "spec.json",
  "meta.json",
] as const;

export type GenerationFile = (typeof generationFiles)[number];

/** Folder of one certificate. */
export const certificateFolder = (name: string) => `${certificatesFolder}/${safeName(name)}`;
/** The pointer that says which generation is used. It is the only thing that is switched. */
export const currentPointer = (name: string) => `${certificateFolder(name)}/current`;
/** Key of one file of one generation. */
export const generationKey = (name: string, generation: number, file: GenerationFile) =>
  `${certificateFolder(name)}/${generation}/${file}`;

const generationForm = /^[1-9][0-9]{0,14}$/;

/** Numbers of the generations that are stored, ascending; an unfinished one counts. */
export async function storedGenerations(store: Store, name: string): Promise<readonly number[]> {
  const entries = await store.list(certificateFolder(name));
  const numbers = entries.filter((entry) => entry.endsWith("/")).map((entry) => entry.slice(0, -1));
  return numbers
    .filter((text) => generationForm.test(text))
    .map(Number)
    .sort((a, b) => a - b);
}

/**
 * The generation in use; `undefined` where there is none.
 *
 * @throws StoreError `STORE_LINKS_LOST`
 */
export async function currentGeneration(store: Store, name: string): Promise<number | undefined> {
  const key = currentPointer(name);
  const pointer = await store.read(key);
  if (pointer === undefined) {
    // To take it for no certificate would order again everything a restored backup holds.
    if ((await store.list(key)).length > 0) throw linksLost(store, name);
    return undefined;
  }
  const text = Buffer.from(pointer.bytes).toString("latin1");
  return generationForm.test(text) ? Number(text) : undefined;
}

function linksLost(store: Store, name: string): StoreError {
  const path = store.locate(currentPointer(name));
  return new StoreError("STORE_LINKS_LOST", `${path} is a folder, where a link should be`, {
    key: currentPointer(name),
    hint: "The state was copied by a program that follows links. Copy it again by one that keeps them (cp -a, rsync -a, tar).",
  });
}

/** Makes a generation the current one, unless another run has put a later one there in the meantime. */
export async function advance(store: Store, name: string, generation: number): Promise<void> {
  const key = currentPointer(name);
  for (;;) {
    const pointer = await store.read(key);
    if (pointer !== undefined && Number(Buffer.from(pointer.bytes).toString("latin1")) >= generation) return;
    try {
      await store.point(key, String(generation), { ifVersion: pointer?.version ?? null });
      return;
    } catch (error) {
      if (!hasCode(error, "STORE_CONFLICT")) throw error;
    }
  }
}

/** Removes the oldest generations beyond those kept, once another was added to those `before`; never the current one. */
export async function prune(store: Store, name: string, before: readonly number[]): Promise<void> {
  if (before.length < generationsKept) return;
  const current = await currentGeneration(store, name);
  const old = (await storedGenerations(store, name)).slice(0, -generationsKept);
  for (const generation of old) if (generation !== current) await removeGeneration(store, name, generation);
}

/** Removes all files of a generation. */
export async function removeGeneration(store: Store, name: string, generation: number): Promise<void> {
  await Promise.all(generationFiles.map((file) => store.remove(generationKey(name, generation, file))));
}
