import { constants } from "node:fs";
import { access, readFile } from "node:fs/promises";
import { dirname } from "node:path";
import {
  discard,
  type FilePlace,
  findPlace,
  putInPlace,
  removeLeftBeside,
  type WrittenBeside,
  writeBeside,
} from "@certwright/core/store";
import { exportError, fileFailure, isErrno } from "./errors.ts";
import type { OwnerIds } from "./owner.ts";

/** A file to write. */
export interface NewFile {
  readonly path: string;
  readonly content: Uint8Array;
  /** A private key in the clear: nobody beside owner and group may ever read it. */
  readonly secret: boolean;
}

/** Whom files belong to and who may read them; what is left out stays as it was, or is this user's alone. */
export interface FileAccess {
  readonly owner?: OwnerIds;
  readonly mode?: number;
}

/** What became of a file. */
export interface WrittenFile {
  readonly path: string;
  readonly action: "added" | "updated" | "unchanged";
  readonly warning?: string;
}

/**
 * Replaces files so that a reader of any sees its old or its new content, whole. Each is 0600 from its first byte and has
 * its owner and mode before it can be seen under its name. All are on disk before the first takes its place.
 *
 * @throws CertwrightError `EXPORT_...`; then none was replaced, unless the very last step of a later one failed
 */
export async function replaceFiles(files: readonly NewFile[], access: FileAccess): Promise<readonly WrittenFile[]> {
  const staged: Staged[] = [];
  const beside = () => staged.flatMap(({ beside: each }) => each ?? []);
  try {
    for (const file of files) staged.push(await stage(file, access));
  } catch (error) {
    await discard(beside());
    throw error;
  }
  await putInPlace(beside()).catch(told(files[0]?.path ?? ""));
  return staged.map(({ written }) => written);
}

/**
 * Whether there is a file to replace; for one that could not be written, throws what `replaceFiles` would.
 *
 * @throws CertwrightError `EXPORT_...`
 */
export async function isThere(path: string): Promise<boolean> {
  const { target, stats } = await placeOf(path);
  await access(dirname(target), constants.W_OK | constants.X_OK).catch(told(path));
  return stats !== undefined;
}

interface Staged {
  /** Left out where nothing has to be done. */
  readonly beside?: WrittenBeside;
  readonly written: WrittenFile;
}

async function stage({ path, content, secret }: NewFile, access: FileAccess): Promise<Staged> {
  const { target, stats } = await placeOf(path);
  const asked = access.mode ?? (stats === undefined ? 0o600 : stats.mode & 0o777);
  const mode = secret ? asked & 0o770 : asked;
  const warning =
    mode === asked ? {} : { warning: `${path} holds a key and could be read by all users; now it cannot` };
  const owner: OwnerIds = { ...(stats === undefined ? {} : { uid: stats.uid, gid: stats.gid }), ...access.owner };
  if (stats !== undefined && stats.size === content.length && mode === (stats.mode & 0o777)) {
    const isOwned = owner.uid === stats.uid && owner.gid === stats.gid;
    if (isOwned && (await readFile(target)).equals(content)) {
      return { written: { path, action: "unchanged" } };
    }
  }
  const beside = await writeBeside(target, content, { ...owner, mode }).catch((cause: unknown) => {
    if (!isErrno(cause) || cause.syscall !== "fchown") return told(path)(cause);
    const { uid = "", gid = "" } = owner;
    throw exportError("EXPORT_OWNER", `${path} cannot be given to ${uid}:${gid} (${cause.code})`, {
      cause,
      hint: "Run as root, or choose a group this user is in; what was there before is untouched.",
    });
  });
  await removeLeftBeside(target);
  return { beside, written: { path, action: stats === undefined ? "added" : "updated", ...warning } };
}

async function placeOf(path: string): Promise<FilePlace> {
  const hints = {
    link: "Remove the link, or export to where it leads.",
    "not-a-file": "Give the path of a file, not of a directory.",
  };
  const codes = { link: "EXPORT_LINK", "not-a-file": "EXPORT_NOT_A_FILE" } as const;
  const refuse = (fault: keyof typeof codes, message: string) =>
    exportError(codes[fault], message, { hint: hints[fault] });
  return await findPlace(path, refuse).catch(told(path));
}

/** Throws what a failure means for this path. */
const told =
  (path: string) =>
  (error: unknown): never => {
    throw isErrno(error) ? fileFailure(path, error) : error;
  };
