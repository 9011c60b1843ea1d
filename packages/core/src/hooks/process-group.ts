import { setTimeout as sleep } from "node:timers/promises";

/** Milliseconds between two looks whether a group is gone. */
const lookEvery = 20;

/**
 * Ends a process group that we started: asks, waits, then kills. Resolves when nobody of it is left, or all were killed.
 *
 * @param leader process id of the program it was started with, which is the group's id, too
 * @param graceMs how long it has after being asked
 */
export async function endGroup(leader: number, graceMs: number): Promise<void> {
  if (!send(leader, "SIGTERM")) return;
  for (let waited = 0; waited < graceMs; waited += lookEvery) {
    await sleep(lookEvery);
    if (!send(leader, 0)) return;
  }
  send(leader, "SIGKILL");
}

/** False where the group is gone. Group 0 and 1 are everybody's. */
function send(leader: number, signal: NodeJS.Signals | 0): boolean {
  if (!Number.isSafeInteger(leader) || leader <= 1) return false;
  try {
    process.kill(-leader, signal);
    return true;
  } catch (error) {
    // EPERM: it changed its user, and is there.
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}
