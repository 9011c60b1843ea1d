import { closeSync, constants, fsync, open, openSync, writeFileSync } from "node:fs";
import { promisify } from "node:util";
import { isErrno } from "./file-error.ts";

const flushFile = promisify(fsync);
const openFile = promisify(open);

/** Makes changes to folders durable. */
export interface FolderSync {
  /** Fulfils when every change made to this folder before the call is on disk. */
  flush(folder: string): Promise<void>;
}

/**
 * Flushes folders, and lets all who ask while a flush of the same folder is under way share the next one: a certificate's
 * six files written at once cost two flushes of their folder, not six.
 */
export function folderSync(): FolderSync {
  const running = new Map<string, Promise<void>>();
  const waiting = new Map<string, Promise<void>>();

  async function start(folder: string): Promise<void> {
    const flushing = flushFolder(folder).finally(() => running.delete(folder));
    running.set(folder, flushing);
    await flushing;
  }

  return {
    flush(folder) {
      const current = running.get(folder);
      if (current === undefined) return start(folder);
      let next = waiting.get(folder);
      if (next === undefined) {
        next = current
          .catch(() => undefined)
          .then(() => {
            waiting.delete(folder);
            return start(folder);
          });
        waiting.set(folder, next);
      }
      return next;
    },
  };
}

/** Makes every change made to a folder before durable. */
export async function flushFolder(folder: string): Promise<void> {
  let file: number;
  try {
    file = openSync(folder, constants.O_RDONLY);
  } catch (error) {
    // A folder that is gone again has nothing to keep; Windows cannot open folders and flushes them by itself.
    if (isErrno(error, "ENOENT", "EISDIR", "EPERM")) return;
    throw error;
  }
  try {
    await flushFile(file);
  } catch (error) {
    // Some network file systems know no flush of a folder.
    if (!isErrno(error, "EINVAL", "ENOTSUP")) throw error;
  } finally {
    closeSync(file);
  }
}

/**
 * Writes a new file with mode 0600 from its first byte, on disk when the promise fulfils. The path must be free.
 *
 * Making a file waits while the disk takes what was written before, as the flush does: both are left to the pool of threads.
 * The rest is a copy into the system's cache, which costs less than to ask for it.
 */
export async function writeNewFile(path: string, bytes: Uint8Array): Promise<void> {
  const file = await openFile(path, "wx", 0o600);
  try {
    writeFileSync(file, bytes);
    await flushFile(file);
  } finally {
    closeSync(file);
  }
}
