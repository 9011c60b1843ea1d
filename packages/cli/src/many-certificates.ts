import { certificateFolders, type Store } from "@certwright/core/store";

/** From so many certificates on, memory is worth the milliseconds in which `node:v8` is loaded. */
const many = 5000;

/**
 * The folders of all certificates, to be read next. Where they are many, V8's room for what is soon garbage grows no
 * further: of 100,000 certificates most is garbage at once, and clearing it more often costs nothing.
 */
export async function foldersToRead(store: Store): Promise<readonly string[]> {
  const folders = await certificateFolders(store);
  if (folders.length >= many) (await import("node:v8")).setFlagsFromString("--semi-space-growth-factor=1");
  return folders;
}
