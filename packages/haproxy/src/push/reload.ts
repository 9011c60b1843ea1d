import { setTimeout as sleep } from "node:timers/promises";
import { hasCode } from "../errors.ts";
import { showInfo } from "../runtime/runtime.ts";
import { type Session, stopping } from "../runtime/session.ts";
import type { Settings } from "./settings.ts";

// A look costs the master next to nothing.
const lookEvery = 200;
// For as long as a master reads the files it may cut connections.
const longestCuts = 10_000;

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

/**
 * Opens a session with a worker that no reload is replacing, waiting for one that is under way.
 *
 * @throws HaproxyError as `openSession`
 */
export async function openCurrent(settings: Settings): Promise<Session> {
  const deadline = performance.now() + longestCuts;
  for (let attempts = 1; ; attempts++) {
    let session: Session | undefined;
    try {
      session = await settings.open();
      await outlastReload(session, settings);
      return session;
    } catch (error) {
      session?.close();
      const passes = hasCode(error, "HAPROXY_WORKER_STOPPING", "HAPROXY_CONNECTION_CUT");
      const isOver = attempts >= settings.limits.attempts && performance.now() > deadline;
      if (!passes || isOver || settings.signal.aborted) throw error;
    }
    await sleep(lookEvery * Math.min(attempts, settings.limits.attempts), undefined, { signal: settings.signal });
  }
}

/** False when a reload has come since the session began, or is under way: then what this worker holds proves nothing. */
export async function isCurrent(session: Session): Promise<boolean> {
  // In this order: what is not being replaced now, and has not been told to stop afterwards, is the worker of now.
  return !(await session.isBeingReplaced()) && (await isSame(session));
}

async function isSame(session: Session): Promise<boolean> {
  const { pid, stopping: isStopping } = await showInfo(session);
  return !isStopping && pid === session.worker.pid;
}
