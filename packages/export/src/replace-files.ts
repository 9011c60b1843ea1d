import { constants, type Stats } from "node:fs";
import { access, lstat, open, readFile, realpath, rename, unlink } from "node:fs/promises";
import { dirname } from "node:path";
import { pathBeside, removeLeftBeside } from "@certwright/core/store";
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

/** Nothing exported is larger. */
const largest = 16 * 1024 * 1024;

/**
 * Replaces files so that a reader of any sees its old or its new content, whole. Each is 0600 from its first byte and has
 * its owner and mode before it can be seen under its name. All are on disk before the first takes its place.
 *
 * @throws CertwrightError `EXPORT_...`; then none was replaced, unless the very last step of a later one failed
 */
export async function replaceFiles(files: readonly NewFile[], access: FileAccess): Promise<readonly WrittenFile[]> {
  const staged: Staged[] = [];
  try {
    for (const file of files) staged.push(await stage(file, access));
    for (const { temporary, target } of staged) if (temporary !== undefined) await rename(temporary, target);
    for (const directory of new Set(staged.map(({ target }) => dirname(target)))) await flush(directory);
    return staged.map(({ written }) => written);
  } catch (error) {
    for (const { temporary } of staged) if (temporary !== undefined) await unlink(temporary).catch(() => {});
    throw isErrno(error) ? fileFailure(files[0]?.path ?? "", error) : error;
  }
}

/**
 * Whether there is a file to replace; for one that could not be written, throws what `replaceFiles` would.
 *
 * @throws CertwrightError `EXPORT_...`
 */
export async function isThere(path: string): Promise<boolean> {
  const { target, stats } = await findTarget(path);
  await access(dirname(target), constants.W_OK | constants.X_OK).catch((error: NodeJS.ErrnoException) => {
    throw fileFailure(path, error);
  });
  return stats !== undefined;
}

interface Staged {
  readonly target: string;
  /** Left out where nothing has to be done. */
  readonly temporary?: string;
  readonly written: WrittenFile;
}

async function stage({ path, content, secret }: NewFile, access: FileAccess): Promise<Staged> {
  const { target, stats } = await findTarget(path);
  const asked = access.mode ?? (stats === undefined ? 0o600 : stats.mode & 0o777);
  const mode = secret ? asked & 0o770 : asked;
  const warning =
    mode === asked ? {} : { warning: `${path} holds a key and could be read by all users; now it cannot` };
  const owner: OwnerIds = { ...(stats === undefined ? {} : { uid: stats.uid, gid: stats.gid }), ...access.owner };
  if (stats !== undefined && stats.size === content.length && mode === (stats.mode & 0o777)) {
    const isOwned = owner.uid === stats.uid && owner.gid === stats.gid;
    if (isOwned && (await readFile(target)).equals(content)) {
      return { target, written: { path, action: "unchanged" } };
    }
  }
  const temporary = await writeTemporary(path, target, content, owner, mode);
  await removeLeftBeside(target);
  return { target, temporary, written: { path, action: stats === undefined ? "added" : "updated", ...warning } };
}

/**
 * The file itself, behind a link if there is one. A link is followed only where root or this user made it: whoever owns
 * the directory could otherwise have root overwrite any file of the machine.
 */
async function findTarget(path: string): Promise<{ target: string; stats: Stats | undefined }> {
  const look = (at: string) =>
    lstat(at).catch((error: NodeJS.ErrnoException) => {
      if (error.code === "ENOENT") return undefined;
      throw fileFailure(path, error);
    });
  const first = await look(path);
  if (first?.isSymbolicLink() && first.uid !== 0 && first.uid !== process.getuid?.()) {
    throw exportError("EXPORT_LINK", `${path} is a symbolic link that user ${first.uid} made`, {
      hint: "Remove the link, or export to where it leads.",
    });
  }
  const target = first?.isSymbolicLink() ? await realpath(path).catch(() => path) : path;
  const stats = target === path ? first : await look(target);
  if (stats !== undefined && (!stats.isFile() || stats.size > largest)) {
    throw exportError("EXPORT_NOT_A_FILE", `${path} is there, and is no regular file`, {
      hint: "Give the path of a file, not of a directory.",
    });
  }
  return { target, stats };
}

async function writeTemporary(
  path: string,
  target: string,
  content: Uint8Array,
  owner: OwnerIds,
  mode: number,
): Promise<string> {
  const temporary = pathBeside(target);
  try {
    await using file = await open(temporary, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, 0o600);
    await file.writeFile(content);
    const { uid, gid } = await file.stat();
    const wanted = { uid: owner.uid ?? uid, gid: owner.gid ?? gid };
    if (wanted.uid !== uid || wanted.gid !== gid) {
      await file.chown(wanted.uid, wanted.gid).catch((cause: NodeJS.ErrnoException) => {
        throw exportError("EXPORT_OWNER", `${path} cannot be given to ${wanted.uid}:${wanted.gid} (${cause.code})`, {
          cause,
          hint: "Run as root, or choose a group this user is in; what was there before is untouched.",
        });
      });
    }
    await file.chmod(mode);
    await file.sync();
    return temporary;
  } catch (error) {
    await unlink(temporary).catch(() => {});
    throw isErrno(error) ? fileFailure(path, error) : error;
  }
}

async function flush(directory: string): Promise<void> {
  await using handle = await open(directory, constants.O_RDONLY);
  await handle.sync();
}
