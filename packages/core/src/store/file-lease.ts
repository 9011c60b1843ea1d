import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { fileError } from "./file-error.ts";
import { holderFolder, leaseFolder } from "./file-root.ts";
import { safeName } from "./names.ts";
import { type OsLock, osLock } from "./os-lock.ts";
import type { Lease, LeaseOptions } from "./store.ts";
import type { LeaseHolder } from "./store-error.ts";
import { lockedError, pause } from "./waiting.ts";

/** Locks that are held: the kernel frees one when its object is collected, so something must hold on to it. */
const held = new Set<OsLock>();

/** Takes a lease whose lock file is in the state directory, which must exist. */
export async function fileLease(root: string, name: string, options: LeaseOptions, now: () => number): Promise<Lease> {
  const fileName = safeName(name);
  const holderPath = join(holderFolder(root), fileName);
  const { signal, waitMs = 0, onWait } = options;
  signal.throwIfAborted();
  const lock = openLock(join(leaseFolder(root), fileName), name);
  try {
    const deadline = performance.now() + waitMs;
    for (let attempt = 0; !lock.tryTake(); attempt += 1) {
      const left = deadline - performance.now();
      if (left <= 0) throw lockedError(name, readHolder(holderPath), waitMs);
      if (attempt === 0) onWait?.(readHolder(holderPath));
      await pause(Math.min(left, 10 * 2 ** Math.min(attempt, 5)), signal);
    }
  } catch (error) {
    lock.close();
    if (signal.aborted) throw signal.reason;
    throw fileError(error, "take the lease of", name, name);
  }
  held.add(lock);
  tellHolder(holderPath, now());
  return lease(name, lock, holderPath);
}

function lease(name: string, lock: OsLock, holderPath: string): Lease {
  const release = async () => {
    if (!held.delete(lock)) return;
    try {
      rmSync(holderPath, { force: true });
    } catch {
      // As when it was written: only people miss it.
    }
    lock.close();
  };
  // The kernel takes no lock back, so this signal never fires.
  return { name, lost: new AbortController().signal, release, [Symbol.asyncDispose]: release };
}

function openLock(path: string, name: string): OsLock {
  try {
    return osLock(path);
  } catch (error) {
    throw fileError(error, "take the lease of", path, name);
  }
}

/** Only for people who have to wait, so a failure to write it harms nothing. */
function tellHolder(path: string, since: number): void {
  const holder: LeaseHolder = { pid: process.pid, host: hostname(), since };
  try {
    writeFileSync(path, JSON.stringify(holder), { mode: 0o600 });
  } catch {
    // A full disk: the lock itself is held all the same.
  }
}

function readHolder(path: string): LeaseHolder | undefined {
  try {
    const json = JSON.parse(readFileSync(path, "utf8")) as Record<string, unknown>;
    const { pid, host, since } = json;
    return {
      ...(typeof pid === "number" ? { pid } : {}),
      ...(typeof host === "string" ? { host: host.slice(0, 255) } : {}),
      ...(typeof since === "number" ? { since } : {}),
    };
  } catch {
    return undefined;
  }
}
