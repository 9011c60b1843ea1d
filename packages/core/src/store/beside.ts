import { randomBytes } from "node:crypto";
import { lstat, readdir, realpath, unlink } from "node:fs/promises";
import { basename, dirname, join } from "node:path";

/* Files that other programs read are written beside themselves, whole, and then renamed. */

/** Where the next content of a file is written. Programs that load a whole directory skip names that begin with a dot. */
export function pathBeside(target: string): string {
  const name = `.${basename(target).slice(0, 180)}.certwright-${process.pid}-${randomBytes(6).toString("hex")}.tmp`;
  return join(dirname(target), name);
}

/** Milliseconds. A process id says little about a writer on another machine, or in a container. */
const shortest = 1_000;
/** Milliseconds; no write takes longer, whoever has the process id by now. */
const longest = 3_600_000;

/**
 * Removes what writers that were killed left in the directory of a file, for it may hold keys. Nothing else is touched,
 * and what cannot be removed stays.
 *
 * @param swept directories that need no look any more; each is added once it was looked through
 */
export async function removeLeftBeside(path: string, swept: Set<string> = new Set()): Promise<void> {
  const directory = dirname(await realpath(path).catch(() => path));
  if (swept.has(directory)) return;
  swept.add(directory);
  for (const name of await readdir(directory).catch(() => [])) {
    const pid = /^\..*\.certwright-(\d{1,10})-[0-9a-f]{12}\.tmp$/.exec(name)?.[1];
    if (pid === undefined) continue;
    const stats = await lstat(join(directory, name)).catch(() => undefined);
    const age = Date.now() - (stats?.mtimeMs ?? Number.POSITIVE_INFINITY);
    if (age > longest || (age > shortest && !isAlive(Number(pid)))) await unlink(join(directory, name)).catch(() => {});
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== "ESRCH";
  }
}
