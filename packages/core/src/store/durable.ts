import { open } from "node:fs/promises";
import { isErrno } from "./file-error.ts";

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

async function flushFolder(folder: string): Promise<void> {
  let handle: Awaited<ReturnType<typeof open>>;
  try {
    handle = await open(folder, "r");
  } catch (error) {
    // A folder that is gone again has nothing to keep; Windows cannot open folders and flushes them by itself.
    if (isErrno(error, "ENOENT", "EISDIR", "EPERM")) return;
    throw error;
  }
  try {
    await handle.sync();
  } catch (error) {
    // Some network file systems know no flush of a folder.
    if (!isErrno(error, "EINVAL", "ENOTSUP")) throw error;
  } finally {
    await handle.close();
  }
}

/** Writes a new file with mode 0600 from its first byte, on disk when the promise fulfils. The path must be free. */
export async function writeNewFile(path: string, bytes: Uint8Array): Promise<void> {
  const handle = await open(path, "wx", 0o600);
  try {
    await handle.writeFile(bytes);
    await handle.sync();
  } finally {
    await handle.close();
  }
}
