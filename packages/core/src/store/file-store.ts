import { closeSync, constants, opendirSync, openSync } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { dirname, resolve, sep } from "node:path";
import { sha256 } from "./digest.ts";
import { discard, fileChanges, install, uninstall } from "./file-change.ts";
import { fileError, isErrno } from "./file-error.ts";
import { fileLease } from "./file-lease.ts";
import { readValue } from "./file-read.ts";
import { inspectRoot, makeFolder, type RootRules, type StoreWarning } from "./file-root.ts";
import { checkFolder, checkKey, isSegment } from "./names.ts";
import { readAhead } from "./read-ahead.ts";
import { checkSize, checkTarget, conflict } from "./refusals.ts";
import type { Condition, Store, Stored } from "./store.ts";
import { stored } from "./stored.ts";

/** What a file store needs to know of the world. */
export interface FileStoreOptions {
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Told of what was put right. MUST NOT throw. */
  readonly warn: (warning: StoreWarning) => void;
  /** The user who must own the directory. Default: the user of this process. */
  readonly uid?: number;
}

/**
 * State in a directory: each value a file, each pointer a symbolic link, so that a web server can read
 * `<directory>/certificates/<name>/current/fullchain.pem`. Directories have mode 0700, files 0600 from their first byte.
 *
 * Nothing is touched until the first call. The directory is made by the first write; one that is missing reads as empty.
 * Besides the errors of the contract, every call may throw those of `storeErrorCodes` that speak of files and directories.
 */
export function fileStore(directory: string, options: FileStoreOptions): Store {
  const root = resolve(directory);
  const rules: RootRules = { uid: options.uid ?? process.getuid?.(), warn: options.warn };
  const changes = fileChanges(root, rules);
  const pathOf = (key: string) => (key === "" ? root : `${root}${sep}${key}`);
  let inspected = false;

  function inspect(): void {
    if (!inspected) inspected = inspectRoot(root, rules) === "ready";
  }

  function read(key: string, path: string): Stored | undefined {
    inspect();
    const bytes = readValue(path, key);
    return bytes === undefined ? undefined : stored(bytes);
  }

  function demand(key: string, { ifVersion }: Condition): void {
    if (ifVersion === undefined) return;
    const bytes = readValue(pathOf(key), key);
    if ((bytes === undefined ? null : sha256(bytes)) !== ifVersion) throw conflict(key, ifVersion);
  }

  async function put(key: string, condition: Condition, make: () => Promise<string>): Promise<void> {
    try {
      const temporary = await make();
      try {
        await changes.inTurn((changed) => {
          demand(key, condition);
          install(temporary, pathOf(key), changed);
        });
      } catch (error) {
        discard(temporary);
        throw error;
      }
    } catch (error) {
      throw fileError(error, "write", pathOf(key), key);
    }
  }

  /** Opens a file to add to its end; makes it first, in turn, where there is none. */
  async function openToAppend(key: string): Promise<FileHandle> {
    const path = pathOf(key);
    const flags = constants.O_WRONLY | constants.O_APPEND | (constants.O_NOFOLLOW ?? 0);
    try {
      return await open(path, flags);
    } catch (error) {
      if (!isErrno(error, "ENOENT")) throw error;
    }
    await changes.inTurn((changed) => {
      makeFolder(dirname(path), changed);
      closeSync(openSync(path, flags | constants.O_CREAT, 0o600));
      changed.add(dirname(path));
    });
    return await open(path, flags);
  }

  return {
    async read(key) {
      checkKey(key);
      return read(key, pathOf(key));
    },
    async readThrough(pointer, leaf) {
      checkKey(`${pointer}/${leaf}`);
      return read(pointer, `${pathOf(pointer)}/${leaf}`);
    },
    async *readThroughEach(pointers, leaf) {
      const pathThrough = (pointer: string) => {
        checkKey(`${pointer}/${leaf}`);
        return `${pathOf(pointer)}/${leaf}`;
      };
      inspect();
      for await (const files of readAhead(pointers, pathThrough))
        yield files.map(({ item: pointer, bytes }) => () => {
          return bytes === undefined ? read(pointer, pathThrough(pointer)) : stored(bytes);
        });
    },
    async write(key, bytes, condition = {}) {
      checkKey(key);
      checkSize(key, bytes.length);
      await put(key, condition, () => changes.temporary(bytes));
      return sha256(bytes);
    },
    async append(key, bytes) {
      checkKey(key);
      checkSize(key, bytes.length);
      try {
        await changes.prepare();
        const file = await openToAppend(key);
        try {
          await file.writeFile(bytes);
          await file.datasync();
        } finally {
          await file.close();
        }
      } catch (error) {
        throw fileError(error, "append to", pathOf(key), key);
      }
    },
    async point(key, target, condition = {}) {
      checkKey(key);
      checkTarget(key, target);
      await put(key, condition, () => changes.temporaryLink(target));
      return sha256(target);
    },
    async remove(key, condition = {}) {
      checkKey(key);
      try {
        inspect();
        if (!inspected && typeof condition.ifVersion !== "string") return;
        await changes.inTurn((changed) => {
          demand(key, condition);
          uninstall(root, pathOf(key), changed);
        });
      } catch (error) {
        throw fileError(error, "remove", pathOf(key), key);
      }
    },
    async list(folder) {
      checkFolder(folder);
      try {
        inspect();
        return namesIn(pathOf(folder)).sort();
      } catch (error) {
        if (isErrno(error, "ENOENT", "ENOTDIR")) return [];
        throw fileError(error, "list", pathOf(folder));
      }
    },
    async lease(name, lease) {
      await changes.prepare();
      return fileLease(root, name, lease, options.now);
    },
    locate: pathOf,
  };
}

/** Entry by entry: all there is to know of 100,000 at once would need 20 MB. */
function namesIn(path: string): string[] {
  const names: string[] = [];
  const folder = opendirSync(path);
  try {
    for (let entry = folder.readSync(); entry !== null; entry = folder.readSync())
      if (isSegment(entry.name)) names.push(entry.isDirectory() ? `${entry.name}/` : entry.name);
  } finally {
    folder.closeSync();
  }
  return names;
}
