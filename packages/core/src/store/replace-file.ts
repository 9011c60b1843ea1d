import { constants, type Stats } from "node:fs";
import { type FileHandle, lstat, open, realpath, rename, unlink } from "node:fs/promises";
import { dirname } from "node:path";
import { pathBeside } from "./beside.ts";
import { flushFolder } from "./durable.ts";
import { isErrno } from "./file-error.ts";

/* Files that other programs read are replaced whole: a reader sees the old or the new content, even after a crash. */

/** A file to replace, or to be: the file itself, behind a link if there is one. */
export interface FilePlace {
  readonly target: string;
  /** Undefined where there is none yet. */
  readonly stats: Stats | undefined;
}

/** Whom a file is given to, and who may read it. */
export interface FileAccess {
  /** Left out: this user's. */
  readonly uid?: number;
  readonly gid?: number;
  readonly mode: number;
  /** Where only root may give it away: it stays this user's, as after any editor. Default: that is an error. */
  readonly elseOurs?: boolean;
}

/** New content, on disk beside the file whose place it is to take. */
export interface WrittenBeside {
  readonly target: string;
  readonly temporary: string;
}

/** No file that is replaced is larger. */
const largest = 16 * 1024 * 1024;

/**
 * The place of a file. A link is followed only where root or this user made it: whoever owns the directory could otherwise
 * have root overwrite any file of the machine.
 *
 * @param refuse makes the error of a path nothing is written to
 */
export async function findPlace(
  path: string,
  refuse: (fault: "link" | "not-a-file", message: string) => Error,
): Promise<FilePlace> {
  const first = await look(path);
  const isLink = first?.isSymbolicLink() === true;
  if (isLink && first.uid !== 0 && first.uid !== process.getuid?.()) {
    throw refuse("link", `${path} is a symbolic link that user ${first.uid} made`);
  }
  const target = isLink ? await realpath(path).catch(() => path) : path;
  const stats = target === path ? first : await look(target);
  if (stats !== undefined && (!stats.isFile() || stats.size > largest)) {
    throw refuse("not-a-file", `${path} is there, and is no regular file of reasonable size`);
  }
  return { target, stats };
}

async function look(path: string): Promise<Stats | undefined> {
  return await lstat(path).catch((error: unknown) => {
    if (isErrno(error, "ENOENT")) return undefined;
    throw error;
  });
}

/** Writes new content beside a file: 0600 from its first byte, then with owner and mode, and on disk. */
export async function writeBeside(
  target: string,
  content: string | Uint8Array,
  access: FileAccess,
): Promise<WrittenBeside> {
  const written = { target, temporary: pathBeside(target) };
  try {
    await using file = await open(written.temporary, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, 0o600);
    await file.writeFile(content);
    await giveAway(file, access);
    await file.chmod(access.mode);
    await file.sync();
    return written;
  } catch (error) {
    await discard([written]);
    throw error;
  }
}

async function giveAway(file: FileHandle, { uid, gid, elseOurs = false }: FileAccess): Promise<void> {
  const own = await file.stat();
  const wanted = { uid: uid ?? own.uid, gid: gid ?? own.gid };
  if (wanted.uid === own.uid && wanted.gid === own.gid) return;
  await file.chown(wanted.uid, wanted.gid).catch((error: unknown) => {
    if (!(elseOurs && isErrno(error, "EPERM"))) throw error;
  });
}

/** Puts what was written beside files in their places. Where one cannot be, those after it are as they were. */
export async function putInPlace(written: readonly WrittenBeside[]): Promise<void> {
  try {
    for (const { temporary, target } of written) await rename(temporary, target);
  } catch (error) {
    await discard(written);
    throw error;
  }
  for (const folder of new Set(written.map(({ target }) => dirname(target)))) await flushFolder(folder);
}

/** Removes what was written beside files and is not to take their places. */
export async function discard(written: readonly WrittenBeside[]): Promise<void> {
  for (const { temporary } of written) await unlink(temporary).catch(() => {});
}
