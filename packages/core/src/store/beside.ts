import { createHash, randomBytes } from "node:crypto";
import { readFileSync, readlinkSync } from "node:fs";
import { lstat, readdir, realpath, unlink } from "node:fs/promises";
import { hostname } from "node:os";
import { basename, dirname, join } from "node:path";

/* Files that other programs read are written beside themselves, whole, and then renamed. */

/** Where the next content of a file is written. Programs that load a whole directory skip names that begin with a dot. */
export function pathBeside(target: string): string {
  const writer = `${realm()}-${process.pid}-${randomBytes(6).toString("hex")}`;
  return join(dirname(target), `.${shortened(basename(target))}.certwright-${writer}.tmp`);
}

/** What of a name leaves room for ours: file systems allow it 255 bytes, which are fewer characters where it is not ASCII. */
const shortened = (name: string): string =>
  new TextDecoder().decode(Buffer.from(name).subarray(0, 170), { stream: true });

let ours: string | undefined;

/** Where our process ids mean something: this machine since it started, and in it this container. */
function realm(): string {
  const told = (tell: () => string): string => {
    try {
      return tell();
    } catch {
      return "";
    }
  };
  ours ??= createHash("sha256")
    .update(JSON.stringify([hostname(), told(bootId), told(() => readlinkSync("/proc/self/ns/pid"))]))
    .digest("hex")
    .slice(0, 8);
  return ours;
}

const bootId = (): string => readFileSync("/proc/sys/kernel/random/boot_id", "utf8");

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
    const [, where, pid] = /^\..*\.certwright-([0-9a-f]{8})-(\d{1,10})-[0-9a-f]{12}\.tmp$/.exec(name) ?? [];
    if (where === undefined) continue;
    const stats = await lstat(join(directory, name)).catch(() => undefined);
    const age = Date.now() - (stats?.mtimeMs ?? Number.POSITIVE_INFINITY);
    // Of a writer on another machine, or in another container, nobody here can tell whether it lives.
    const isDead = where === realm() && !isAlive(Number(pid));
    if (isDead || age > longest) await unlink(join(directory, name)).catch(() => {});
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== "ESRCH";
  }
}
