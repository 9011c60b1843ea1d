import { constants } from "node:fs";
import { access, lstat, readFile, realpath, stat, unlink } from "node:fs/promises";
import { dirname } from "node:path";
import {
  discard,
  type FileAccess,
  type FilePlace,
  findPlace,
  flushFolder,
  putInPlace,
  type WrittenBeside,
  writeBeside,
} from "@certwright/core/store";
import { HaproxyError } from "../errors.ts";

/** A file that was replaced, and the way back. */
export interface Replaced {
  readonly path: string;
  /** False when the file had this content already and was left alone. */
  readonly changed: boolean;
  /** Whether it still has this content. */
  isOurs(): Promise<boolean>;
  /** Puts the former content back (or removes a file that is new), unless somebody else has changed the file since. */
  restore(): Promise<void>;
}

export interface ReplaceOptions {
  /** A file whose owner and mode a new file takes over. Default: 0600, owned by the directory's owner. */
  readonly like?: string;
}

/** Nothing larger is read. */
const largestFile = 16 * 1024 * 1024;

/**
 * Replaces files so that a reader sees the old or the new content of each and nothing between, even after a crash. All are
 * on disk before the first takes its place, so that one that cannot be written keeps the others as they were. A new file is
 * 0600 from its first byte and then gets owner and mode of the one it replaces. Symbolic links are followed where root or
 * this user made them.
 *
 * @throws HaproxyError HAPROXY_DISK_FULL, HAPROXY_DIRECTORY_READ_ONLY, HAPROXY_DIRECTORY_MISSING, HAPROXY_LINK, HAPROXY_NOT_A_FILE, HAPROXY_DISK
 */
export async function replaceFiles(
  files: readonly NewFile[],
  options: ReplaceOptions = {},
): Promise<readonly Replaced[]> {
  const prepared: Prepared[] = [];
  try {
    for (const file of files) prepared.push(await prepare(file, options));
    await orDiskError(files[0]?.path ?? "", () => putInPlace(prepared.flatMap(({ beside }) => beside)));
  } catch (error) {
    await discard(prepared.flatMap(({ beside }) => beside));
    // Those that are in their places already.
    for (const { replaced } of prepared) await replaced.restore().catch(() => {});
    throw error;
  }
  return prepared.map(({ replaced }) => replaced);
}

/** A file, and what it is to hold. */
export interface NewFile {
  readonly path: string;
  readonly content: string;
}

/**
 * Changes a text file that others change, too: what somebody writes meanwhile is changed in its turn, and not lost.
 *
 * @param change may be called again
 * @throws HaproxyError as `replaceFiles`, and what `change` throws
 */
export async function editFile(path: string, change: (text: string | undefined) => string): Promise<Replaced> {
  for (let tries = 1; ; tries++) {
    const text = (await readRegularFile(path))?.toString("utf8");
    const { beside, replaced } = await prepare({ path, content: change(text) }, {});
    const isStill = tries === mostTries || (await readRegularFile(path))?.toString("utf8") === text;
    if (isStill) await orDiskError(path, () => putInPlace(beside));
    else await discard(beside);
    if (isStill) return replaced;
  }
}

const mostTries = 10;

interface Prepared {
  readonly replaced: Replaced;
  /** Empty where the file has the content already. */
  readonly beside: readonly WrittenBeside[];
}

function prepare({ path, content }: NewFile, options: ReplaceOptions): Promise<Prepared> {
  return orDiskError(path, async () => {
    const place = await findPlace(path, refused);
    const { target } = place;
    const previous = place.stats === undefined ? undefined : await readFile(target);
    const isOurs = async () => (await readRegularFile(target))?.toString("utf8") === content;
    if (previous?.toString("utf8") === content) {
      return { beside: [], replaced: { path, changed: false, isOurs, restore: async () => {} } };
    }
    const access = await accessFor(place, options.like);
    const restore = async () => {
      if (!(await isOurs())) return;
      if (previous) return await putInPlace([await writeBeside(target, previous, access)]);
      await unlink(target);
      await flushFolder(dirname(target));
    };
    return {
      beside: [await writeBeside(target, content, access)],
      replaced: { path, changed: true, isOurs, restore },
    };
  });
}

async function orDiskError<T>(path: string, act: () => Promise<T>): Promise<T> {
  try {
    return await act();
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
  const stats = await lstat(await realpath(path).catch(() => path)).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return undefined;
    throw error;
  });
  if (!stats) return undefined;
  if (!stats.isFile() || stats.size > largestFile) {
    throw refused("not-a-file", `${path} is there, and is no regular file of reasonable size`);
  }
  return readFile(path);
}

/**
 * Refuses a file that could not be replaced, as far as its directory tells.
 *
 * @throws HaproxyError as `replaceFiles`
 */
export function refuseUnwritable(path: string): Promise<void> {
  return orDiskError(path, async () => {
    const { target } = await findPlace(path, refused);
    await access(dirname(target), constants.W_OK | constants.X_OK);
  });
}

function refused(fault: "link" | "not-a-file", message: string): HaproxyError {
  return fault === "link"
    ? new HaproxyError("HAPROXY_LINK", `${message}.`, { hint: "Remove the link, or point to where it leads." })
    : new HaproxyError("HAPROXY_NOT_A_FILE", `${message}.`, { hint: "Point to the certificate file itself." });
}

async function accessFor({ target, stats }: FilePlace, like: string | undefined): Promise<FileAccess> {
  const model = stats ?? (like === undefined ? undefined : await stat(like).catch(() => undefined));
  const { uid, gid } = model ?? (await stat(dirname(target)));
  return { uid, gid, mode: model === undefined ? 0o600 : model.mode & 0o777, elseOurs: true };
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
