import { closeSync, constants, openSync, statSync } from "node:fs";
import type { DatabaseSync } from "node:sqlite";
import { messageOf } from "@certwright/provider/errors";
import { isErrno } from "./file-error.ts";
import { StoreError } from "./store-error.ts";

/**
 * A lock on a file that the kernel frees when the process dies, however it dies.
 *
 * Node has no call for such locks, but its SQLite takes them: an exclusive transaction on an empty database holds
 * fcntl locks (LockFileEx on Windows) and writes nothing. SQLite also keeps apart several locks of one process, which
 * bare fcntl locks do not. Two rules follow. The file MUST NOT be opened by other means in this process, for closing it
 * would free the lock; and it MUST NOT be removed, for two processes could then lock two files of one name.
 */
export interface OsLock {
  /** Takes the lock if it is free, also of this very object; never waits. */
  tryTake(): boolean;
  /** Frees it; it can be taken again. */
  free(): void;
  /** Frees it for good. */
  close(): void;
}

const sqliteBusy = 5;
const sqliteLocked = 6;

/**
 * Opens the lock file, making it with mode 0600 if need be. Its folder must exist.
 *
 * @throws StoreError `STORE_NO_LOCKS`; the operating system's own error where the file cannot be made
 */
export function osLock(path: string): OsLock {
  let database = open(path);
  let inode = inodeOf(path);
  let taken = false;
  return {
    tryTake() {
      if (taken) return false;
      // Somebody removed or replaced the state directory: the lock held on the old file would protect nothing.
      if (inodeOf(path) !== inode) {
        database.close();
        database = open(path);
        inode = inodeOf(path);
      }
      try {
        database.exec("BEGIN EXCLUSIVE");
      } catch (error) {
        if (isBusy(error)) return false;
        throw noLocks(path, error);
      }
      taken = true;
      return true;
    },
    free() {
      if (taken) database.exec("ROLLBACK");
      taken = false;
    },
    close() {
      taken = false;
      database.close();
    },
  };
}

function open(path: string): DatabaseSync {
  makeFile(path);
  const { DatabaseSync } = sqlite();
  try {
    const database = new DatabaseSync(path);
    // Without this an empty journal file appears beside the lock. If another holds the lock the setting is refused and
    // not needed: it is asked for again when the file is opened the next time, and only tidiness hangs on it.
    try {
      database.exec("PRAGMA journal_mode = MEMORY");
    } catch (error) {
      if (!isBusy(error)) throw error;
    }
    return database;
  } catch (error) {
    throw noLocks(path, error);
  }
}

function makeFile(path: string): void {
  try {
    closeSync(openSync(path, constants.O_RDWR | constants.O_CREAT | constants.O_EXCL, 0o600));
  } catch (error) {
    if (!isErrno(error, "EEXIST")) throw error;
  }
}

function inodeOf(path: string): bigint | undefined {
  return statSync(path, { bigint: true, throwIfNoEntry: false })?.ino;
}

let loaded: typeof import("node:sqlite") | undefined;

/** node:sqlite, loaded at the first lock, without the notice that Node 22 prints about it being experimental. */
function sqlite(): typeof import("node:sqlite") {
  if (loaded !== undefined) return loaded;
  const emitWarning = process.emitWarning;
  // Put back in the same turn; any other warning passes.
  process.emitWarning = ((warning: string | Error, ...rest: never[]) => {
    if (!String(warning).includes("SQLite")) emitWarning.call(process, warning, ...rest);
  }) as typeof process.emitWarning;
  try {
    loaded = process.getBuiltinModule("node:sqlite");
  } finally {
    process.emitWarning = emitWarning;
  }
  if (loaded === undefined) {
    throw new StoreError("STORE_NO_LOCKS", `Node ${process.versions.node} has no node:sqlite, which holds the locks`, {
      hint: "Use Node 22.13 or newer.",
    });
  }
  return loaded;
}

function isBusy(error: unknown): boolean {
  const code = error instanceof Error && "errcode" in error ? Number(error.errcode) & 0xff : 0;
  return code === sqliteBusy || code === sqliteLocked;
}

function noLocks(path: string, cause: unknown): StoreError {
  const reason = messageOf(cause);
  return new StoreError("STORE_NO_LOCKS", `cannot lock ${path}: ${reason}`, {
    cause,
    hint: "Keep the state on a file system with POSIX locks; if the file has any content, remove it while nothing runs.",
  });
}
