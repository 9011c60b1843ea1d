import { setTimeout as sleep } from "node:timers/promises";
import { showInfo } from "./runtime.ts";
import { type Session, stopping } from "./session.ts";
import type { Settings } from "./settings.ts";

// A look costs the master next to nothing.
const lookEvery = 200;

/**
 * Waits while a reload is under way: the worker to come has read the files already, and would bring back what they held.
 *
 * @throws HaproxyError HAPROXY_WORKER_STOPPING when it is over, or has taken too long: the session is of no use then
 */
export async function outlastReload(session: Session, { signal, limits }: Settings): Promise<void> {
  if (!(await session.isBeingReplaced())) return;
  const deadline = performance.now() + limits.busyTimeout;
  do await sleep(lookEvery, undefined, { signal });
  while (performance.now() < deadline && (await isSame(session)) && (await session.isBeingReplaced()));
  throw stopping(session.node, session.worker);
}

/** False when a reload has come since the session began, or is under way: then what this worker holds proves nothing. */
export async function isCurrent(session: Session): Promise<boolean> {
  return (await isSame(session)) && !(await session.isBeingReplaced());
}

async function isSame(session: Session): Promise<boolean> {
  const { pid, stopping: isStopping } = await showInfo(session);
  return !isStopping && pid === session.worker.pid;
}
