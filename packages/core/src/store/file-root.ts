import { chmodSync, mkdirSync, readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { checkFormat } from "./document.ts";
import { fileError, isErrno } from "./file-error.ts";
import { corrupt, StoreError } from "./store-error.ts";

/** Something the operator should know that did not stop the work. */
export interface StoreWarning {
  readonly code: "STORE_MODE_FIXED";
  readonly message: string;
  readonly hint: string;
}

/** What the state directory is judged by. */
export interface RootRules {
  /** The user who must own it; left out where the system has no such thing. */
  readonly uid: number | undefined;
  readonly warn: (warning: StoreWarning) => void;
}

/** The store's own files; a leading dot keeps them out of the grammar of keys. */
export const ownFolder = ".certwright";
const formatName = `${ownFolder}/format.json`;
const rootFormat = 1;

/** What was found at the root: nothing yet, or a state directory fit for use. */
export type RootState = "absent" | "ready";

/**
 * Judges the state directory, and closes it to other users where it was merely readable. Changes nothing else.
 *
 * @throws StoreError `STORE_NOT_A_DIRECTORY`, `STORE_FOREIGN_DIRECTORY`, `STORE_WRONG_OWNER`, `STORE_OPEN_TO_OTHERS`,
 * `STORE_NEWER_FORMAT`, `STORE_CORRUPT`, `STORE_FORBIDDEN`
 */
export function inspectRoot(root: string, rules: RootRules): RootState {
  try {
    const stats = statSync(root, { throwIfNoEntry: false });
    if (stats === undefined) return "absent";
    if (!stats.isDirectory()) {
      throw new StoreError("STORE_NOT_A_DIRECTORY", `${root} is not a directory`, {
        hint: "Choose a directory for the state; it is made if it does not exist.",
      });
    }
    const initialised = readFormat(root);
    if (!initialised && hasForeignFiles(root)) {
      throw new StoreError("STORE_FOREIGN_DIRECTORY", `${root} is not empty and holds no Certwright state`, {
        hint: "Choose an empty directory, or one that does not exist yet.",
      });
    }
    if (rules.uid !== undefined)
      checkAccess(root, { uid: stats.uid, mode: stats.mode, initialised }, rules.uid, rules.warn);
    return initialised ? "ready" : "absent";
  } catch (error) {
    throw fileError(error, "use the state directory", root);
  }
}

/** Makes what is missing of the state directory; every folder whose entries changed is added to `changed`. */
export function makeRoot(root: string, changed: Set<string>): void {
  for (const folder of [root, join(root, ownFolder), leaseFolder(root), holderFolder(root), temporaryFolder(root)]) {
    makeFolder(folder, changed);
  }
}

/** Path and content of the file that says which format the directory has; written last when a directory is made. */
export function formatFile(root: string): { readonly path: string; readonly bytes: Uint8Array } {
  return { path: join(root, formatName), bytes: Buffer.from(`${JSON.stringify({ format: rootFormat })}\n`) };
}

export const leaseFolder = (root: string) => join(root, ownFolder, "leases");
export const holderFolder = (root: string) => join(root, ownFolder, "holders");
export const temporaryFolder = (root: string) => join(root, ownFolder, "tmp");
export const writeLockPath = (root: string) => join(root, ownFolder, "write.lock");

/**
 * Makes a folder and those above it, by default for this user alone. Node's own `recursive` tries for ever where the system knows no
 * new folder, as below /proc.
 */
export function makeFolder(folder: string, changed: Set<string>, mode = 0o700): void {
  const parent = dirname(folder);
  // What is there already and no folder is told by the next step.
  if (statSync(parent, { throwIfNoEntry: false }) === undefined) makeFolder(parent, changed, mode);
  try {
    mkdirSync(folder, { mode });
  } catch (error) {
    if (isErrno(error, "EEXIST") && statSync(folder).isDirectory()) return;
    throw error;
  }
  changed.add(parent);
}

function readFormat(root: string): boolean {
  let bytes: Buffer;
  try {
    bytes = readFileSync(join(root, formatName));
  } catch (error) {
    if (isErrno(error, "ENOENT")) return false;
    throw error;
  }
  let json: unknown;
  try {
    json = JSON.parse(bytes.toString("utf8"));
  } catch {
    throw corrupt(formatName, bytes.length === 0 ? "it is empty" : "it is not JSON");
  }
  checkFormat(
    typeof json === "object" && json !== null && "format" in json ? json.format : undefined,
    rootFormat,
    formatName,
  );
  return true;
}

/** Dot files and `lost+found`, which a fresh volume has, do not count. */
function hasForeignFiles(root: string): boolean {
  return readdirSync(root).some((name) => !name.startsWith(".") && name !== "lost+found");
}

interface Access {
  readonly uid: number;
  readonly mode: number;
  readonly initialised: boolean;
}

function checkAccess(root: string, stats: Access, uid: number, warn: RootRules["warn"]): void {
  if (stats.uid !== uid) {
    throw new StoreError("STORE_WRONG_OWNER", `${root} belongs to user ${stats.uid}, this process runs as ${uid}`, {
      hint: `Run as user ${stats.uid}, or give the directory and all in it to user ${uid} (chown -R).`,
    });
  }
  if (stats.initialised && (stats.mode & 0o022) !== 0) {
    throw new StoreError("STORE_OPEN_TO_OTHERS", `other users may write to ${root} (mode ${octal(stats.mode)})`, {
      hint: `Make sure that nobody changed its contents, then run: chmod 0700 ${root}`,
    });
  }
  if ((stats.mode & 0o077) === 0) return;
  chmodSync(root, 0o700);
  warn({
    code: "STORE_MODE_FIXED",
    message: `other users had access to ${root} (mode ${octal(stats.mode)}); it is now 0700`,
    hint: "To let another program read a certificate, export it to a place of its own instead.",
  });
}

function octal(mode: number): string {
  return (mode & 0o7777).toString(8).padStart(4, "0");
}
