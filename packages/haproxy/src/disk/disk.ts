import { constants } from "node:fs";
import { access, type FileHandle, lstat, open, readFile, realpath, rename, stat, unlink } from "node:fs/promises";
import { dirname } from "node:path";
import { pathBeside } from "@certwright/core/store";
import { HaproxyError } from "../errors.ts";

/** A file that was replaced, and the way back. */
export interface Replaced {
  readonly path: string;
  /** False when the file had this content already and was left alone. */
  readonly changed: boolean;
  /** Puts the former content back (or removes a file that is new), unless somebody else has changed the file since. */
  restore(): Promise<void>;
}

export interface ReplaceOptions {
  /** A file whose owner and mode a new file takes over. Default: 0600, owned by the directory's owner. */
  readonly like?: string;
}

/** Largest file that is kept for the way back. */
const largestFile = 16 * 1024 * 1024;

/**
 * Replaces a file so that a reader sees the old or the new content and nothing between, even after a crash. The new
 * file is 0600 from its first byte and then gets owner and mode of the one it replaces. Symbolic links are followed.
 *
 * @throws HaproxyError HAPROXY_DISK_FULL, HAPROXY_DIRECTORY_READ_ONLY, HAPROXY_DIRECTORY_MISSING, HAPROXY_NOT_A_FILE, HAPROXY_DISK
 */
export async function replaceFile(path: string, content: string, options: ReplaceOptions = {}): Promise<Replaced> {
  try {
    const target = await realPath(path);
    const previous = await readRegularFile(target);
    if (previous?.toString("utf8") === content) return { path, changed: false, restore: async () => {} };
    const owner = await ownerFor(target, previous !== undefined, options.like);
    await writeAtomically(target, content, owner);
    return {
      path,
      changed: true,
      restore: async () => {
        const current = await readRegularFile(target);
        if (current?.toString("utf8") !== content) return;
        if (previous) await writeAtomically(target, previous, owner);
        else await unlink(target);
        await syncDirectory(dirname(target));
      },
    };
  } catch (error) {
    throw error instanceof HaproxyError ? error : diskError(path, error as NodeJS.ErrnoException);
  }
}

/**
 * The content of a file; undefined when there is none. Symbolic links are followed.
 *
 * @throws HaproxyError HAPROXY_NOT_A_FILE, also for a link that leads nowhere
 */
export async function readRegularFile(path: string): Promise<Buffer | undefined> {
  const stats = await lstat(await realPath(path)).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return undefined;
    throw error;
  });
  if (!stats) return undefined;
  if (!stats.isFile() || stats.size > largestFile) {
    throw new HaproxyError("HAPROXY_NOT_A_FILE", `${path} is not a regular file of reasonable size.`, {
      hint: "Point to the certificate file itself.",
    });
  }
  return readFile(path);
}

function realPath(path: string): Promise<string> {
  return realpath(path).catch(() => path);
}

/**
 * Refuses a file that could not be replaced, as far as its directory tells.
 *
 * @throws HaproxyError as `replaceFile`
 */
export async function refuseUnwritable(path: string): Promise<void> {
  const target = await realPath(path);
  await access(dirname(target), constants.W_OK | constants.X_OK).catch((cause: NodeJS.ErrnoException) => {
    throw diskError(path, cause);
  });
}

interface Owner {
  readonly uid: number;
  readonly gid: number;
  readonly mode: number;
}

async function ownerFor(target: string, exists: boolean, like: string | undefined): Promise<Owner> {
  const model = exists ? await stat(target) : like === undefined ? undefined : await stat(like).catch(() => undefined);
  if (model) return { uid: model.uid, gid: model.gid, mode: model.mode & 0o777 };
  const directory = await stat(dirname(target));
  return { uid: directory.uid, gid: directory.gid, mode: 0o600 };
}

async function writeAtomically(target: string, content: string | Buffer, owner: Owner): Promise<void> {
  const directory = dirname(target);
  const temporary = pathBeside(target);
  const file = await open(temporary, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, 0o600);
  try {
    try {
      await file.writeFile(content);
      await takeOver(file, owner);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, target);
  } catch (error) {
    await unlink(temporary).catch(() => {});
    throw error;
  }
  await syncDirectory(directory);
}

async function takeOver(file: FileHandle, owner: Owner): Promise<void> {
  const own = await file.stat();
  if (own.uid !== owner.uid || own.gid !== owner.gid) {
    // Only root may give files away; for others the file stays theirs, as it would after any editor.
    await file.chown(owner.uid, owner.gid).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== "EPERM") throw error;
    });
  }
  await file.chmod(owner.mode);
}

async function syncDirectory(directory: string): Promise<void> {
  const handle = await open(directory, constants.O_RDONLY);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** What a failed write means to the person who owns the directory. */
export function diskError(path: string, cause: NodeJS.ErrnoException): HaproxyError {
  const directory = dirname(path);
  switch (cause.code) {
    case "ENOSPC":
    case "EDQUOT":
      return new HaproxyError("HAPROXY_DISK_FULL", `There is no space left for ${path}.`, {
        cause,
        retryable: true,
        hint: "Free some space, then push again. HAProxy was not touched.",
      });
    case "EACCES":
    case "EPERM":
    case "EROFS":
      return new HaproxyError("HAPROXY_DIRECTORY_READ_ONLY", `${directory} cannot be written to (${cause.code}).`, {
        cause,
        hint: "Let this user write to the directory, or say where HAProxy's files are on this machine, or push without files.",
      });
    case "ENOENT":
    case "ENOTDIR":
      return new HaproxyError("HAPROXY_DIRECTORY_MISSING", `${directory} does not exist on this machine.`, {
        cause,
        hint: "If HAProxy runs in a container or chroot, map its paths to those of this machine; else create the directory.",
      });
    default:
      return new HaproxyError("HAPROXY_DISK", `${path} cannot be written (${cause.code ?? cause.message}).`, {
        cause,
        hint: "Check the file system; the kernel's log may say more.",
      });
  }
}
