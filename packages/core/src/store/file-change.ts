import { readdirSync, renameSync, rmdirSync, statSync, symlinkSync, unlinkSync } from "node:fs";
import { dirname, join } from "node:path";
import { folderSync, writeNewFile } from "./durable.ts";
import { fileError, isErrno } from "./file-error.ts";
import {
  formatFile,
  inspectRoot,
  makeFolder,
  makeRoot,
  type RootRules,
  temporaryFolder,
  writeLockPath,
} from "./file-root.ts";
import { type OsLock, osLock } from "./os-lock.ts";
import { StoreError } from "./store-error.ts";
import { pause } from "./waiting.ts";

/** Changes to a state directory: one after the other over all processes, each in one step and on disk when done. */
export interface FileChanges {
  /** Makes the state directory where it is missing, and judges it where it is not. */
  prepare(): Promise<void>;
  /** Writes a file beside the values, to be put in its place by `inTurn`. */
  temporary(bytes: Uint8Array): Promise<string>;
  /** As `temporary`, a link. */
  temporaryLink(target: string): Promise<string>;
  /**
   * Runs a synchronous change while no other client of the directory makes one, then flushes the folders it added to
   * `changed`.
   */
  inTurn<T>(change: (changed: Set<string>) => T): Promise<T>;
}

/** A change takes well under a millisecond; whoever holds the lock longer is stopped or stuck. */
const longestWait = 30_000;
const staleAfter = 3_600_000;

export function fileChanges(root: string, rules: RootRules): FileChanges {
  const { flush } = folderSync();
  let prepared: Promise<void> | undefined;
  let lock: OsLock | undefined;
  let swept = false;

  const flushAll = async (folders: Iterable<string>) => void (await Promise.all(Array.from(folders, flush)));

  async function makeReady(): Promise<void> {
    const state = inspectRoot(root, rules);
    const changed = new Set<string>();
    makeRoot(root, changed);
    if (state === "absent") {
      const { path, bytes } = formatFile(root);
      const temporary = newTemporaryPath();
      await writeNewFile(temporary, bytes);
      renameSync(temporary, path);
      changed.add(dirname(path));
    }
    await flushAll(changed);
  }

  function prepare(): Promise<void> {
    prepared ??= makeReady().catch((error: unknown) => {
      prepared = undefined;
      throw fileError(error, "make the state directory", root);
    });
    return prepared;
  }

  const newTemporaryPath = () => join(temporaryFolder(root), `${process.pid}-${crypto.randomUUID()}`);

  async function place(make: (path: string) => void | Promise<void>): Promise<string> {
    await prepare();
    let path = newTemporaryPath();
    try {
      await make(path);
    } catch (error) {
      discard(path);
      if (!isErrno(error, "ENOENT")) throw error;
      // Somebody removed the directory while this process runs; it is made again, once.
      prepared = undefined;
      await prepare();
      path = newTemporaryPath();
      await make(path);
    }
    if (!swept) sweepTemporary(temporaryFolder(root), path);
    swept = true;
    return path;
  }

  /** Takes the lock, runs the change and frees the lock without a pause in between: calls of this process never wait for each other. */
  async function locked<T>(change: () => T): Promise<T> {
    const deadline = performance.now() + longestWait;
    for (let wait = 1; ; wait = Math.min(wait * 2, 16)) {
      lock ??= osLock(writeLockPath(root));
      if (lock.tryTake()) {
        try {
          return change();
        } finally {
          lock.free();
        }
      }
      if (performance.now() > deadline) throw writerHangs(root);
      await pause(wait);
    }
  }

  return {
    prepare,
    temporary: (bytes) => place((path) => writeNewFile(path, bytes)),
    temporaryLink: (target) => place((path) => symlinkSync(target, path, "dir")),
    async inTurn(change) {
      await prepare();
      const changed = new Set<string>();
      const result = await locked(() => change(changed));
      await flushAll(changed);
      return result;
    },
  };
}

function writerHangs(root: string): StoreError {
  return new StoreError("STORE_LOCKED", `another process has been writing to ${root} for ${longestWait / 1000} s`, {
    hint: "Look for a stopped or hanging certwright process that uses this directory and end it.",
    retryable: true,
  });
}

/** Moves a temporary file or link to its place, making the folders above it. */
export function install(temporary: string, path: string, changed: Set<string>): void {
  try {
    renameSync(temporary, path);
  } catch (error) {
    if (!isErrno(error, "ENOENT")) throw error;
    makeFolder(dirname(path), changed);
    renameSync(temporary, path);
  }
  changed.add(dirname(path));
}

/** Removes a file or link and the folders that are empty without it. Says whether there was one. */
export function uninstall(root: string, path: string, changed: Set<string>): boolean {
  try {
    unlinkSync(path);
  } catch (error) {
    if (isErrno(error, "ENOENT", "ENOTDIR", "EISDIR")) return false;
    throw error;
  }
  let folder = dirname(path);
  try {
    for (; folder !== root; folder = dirname(folder)) rmdirSync(folder);
  } catch {
    // The first folder that holds something else ends the way up.
  }
  changed.add(folder);
  return true;
}

/** Removes a temporary file that will not be used. */
export function discard(path: string): void {
  try {
    unlinkSync(path);
  } catch {
    // Most often it was never made. What stays is swept later.
  }
}

/** Removes what killed processes left. Ages are taken against a file made just now, by the clock of the file system itself. */
function sweepTemporary(folder: string, fresh: string): void {
  try {
    const now = statSync(fresh, { throwIfNoEntry: false })?.mtimeMs ?? 0;
    for (const name of readdirSync(folder)) {
      const path = join(folder, name);
      const stats = statSync(path, { throwIfNoEntry: false });
      if (stats !== undefined && now - stats.mtimeMs > staleAfter) discard(path);
    }
  } catch {
    // Tidying is no reason to fail.
  }
}
