import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { HaproxyError } from "../errors.ts";
import type { Emit } from "../events.ts";
import { whileLocked } from "./locked.ts";
import type { Patience } from "./patience.ts";
import { refused } from "./refused.ts";
import { deleteCertificate, listCertificates, newCertificate } from "./runtime.ts";
import type { Session } from "./session.ts";

/*
 * One writer per node, wherever the writers run: an empty certificate of a fixed name in HAProxy itself, which only
 * one client can create. HAProxy's own transaction slot is not enough. In 2.6 a `set ssl cert` for one certificate
 * goes into the open transaction of another, whose owner then commits the wrong certificate; and it does not cover
 * the files. The lock dies with the worker. A second name tells holders apart, so that one left by a writer that was
 * killed is recognised by standing still.
 */

/** Name of the lock in HAProxy. */
export const lockName = "certwright.lock";

/** True for names that are no certificates but the lock's. */
export function isLockName(name: string): boolean {
  return name === lockName || name.startsWith(`${lockName}.`);
}

/** How patient to be while giving back. */
export interface Pace {
  readonly signal: AbortSignal;
  readonly patience: Pick<Patience, "busyTimeout">;
  /** Milliseconds to wait before looking again. */
  readonly pause: number;
}

/** A lock we hold, or may hold when the connection died while asking for it. */
export interface WriterLock {
  readonly identity: string;
}

// Listing every certificate costs milliseconds where there are thousands.
const lookEvery = 500;

/**
 * Waits for the node's lock and takes it.
 *
 * @param begun told before the lock may be ours, and where it turned out to be another's, for cleaning up after a failure
 * @throws HaproxyError HAPROXY_BUSY, HAPROXY_LEVEL
 */
export async function lockNode(
  session: Session,
  { signal, emit, patience }: { readonly signal: AbortSignal; readonly emit: Emit; readonly patience: Patience },
  begun: (lock: WriterLock | undefined) => void,
): Promise<void> {
  const node = session.node.id;
  const pace = { signal, patience, pause: 0 };
  const lock = { identity: `${lockName}.${randomBytes(6).toString("hex")}` };
  const deadline = performance.now() + patience.busyTimeout;
  let seen = { holder: "", since: performance.now() };
  let lookedAt = performance.now();
  for (let tries = 0; ; tries++) {
    begun(lock);
    const answer = await newCertificate(session, lockName);
    if (answer.kind === "created") break;
    begun(undefined);
    if (answer.kind !== "exists" && answer.kind !== "locked") throw refused(session, lockName, answer);
    const now = performance.now();
    if (now > deadline) throw busy(node, patience);
    if (tries === 0) emit({ type: "waiting", node, certificate: lockName, behind: lockName });
    if (now - lookedAt > lookEvery) {
      lookedAt = now;
      const holder = await holderOf(session, pace);
      if (holder !== undefined && holder !== seen.holder) seen = { holder, since: now };
      else if (holder !== undefined && now - seen.since > patience.staleAfter) {
        await breakLock(session, holder, pace);
        emit({
          type: "foreign-transaction-aborted",
          node,
          certificate: lockName,
          openForMs: Math.round(now - seen.since),
        });
        seen = { holder: "", since: now };
      }
    }
    await sleep(1 + Math.random() * 30, undefined, { signal });
  }
  await whileLocked(session, { patience, signal }, () => newCertificate(session, lock.identity));
}

/** Gives the lock back. Harmless when it is not ours, or not any more. */
export async function unlockNode(session: Session, lock: WriterLock, pace: Pace): Promise<void> {
  if (await remove(session, lock.identity, pace)) await remove(session, lockName, pace);
}

/**
 * Gives the lock back after the connection died while we asked for it or held it: it may bear our identity, or none
 * yet because we did not get that far.
 */
export async function releaseAfterFailure(session: Session, lock: WriterLock, pace: Pace): Promise<void> {
  await unlockNode(session, lock, pace);
  // What we sent last may still be on its way; and another writer may stand between its two names this very moment.
  // Neither is so a little later.
  await sleep(pace.pause, undefined, { signal: pace.signal });
  const holder = await holderOf(session, pace);
  if (holder === lock.identity) await unlockNode(session, lock, pace);
  else if (holder === "") await remove(session, lockName, pace);
}

/** The holder's identity; empty when the lock bears none, undefined when there is no lock. */
async function holderOf(session: Session, pace: Pace): Promise<string | undefined> {
  const listed = await whileLocked(session, pace, () => listCertificates(session));
  if ("kind" in listed || !listed.names.includes(lockName)) return undefined;
  return listed.names.find((name) => name !== lockName && isLockName(name)) ?? "";
}

async function remove(session: Session, name: string, pace: Pace): Promise<boolean> {
  return (await whileLocked(session, pace, () => deleteCertificate(session, name))).kind === "deleted";
}

// Of several who want to break it only one succeeds in deleting the identity, and that one deletes the lock.
async function breakLock(session: Session, holder: string, pace: Pace): Promise<void> {
  if (holder === "") await remove(session, lockName, pace);
  else await unlockNode(session, { identity: holder }, pace);
}

function busy(node: string, patience: Patience): HaproxyError {
  return new HaproxyError(
    "HAPROXY_BUSY",
    `Another deployer was at work on ${node} for ${patience.busyTimeout / 1000} s.`,
    {
      node,
      retryable: true,
      hint: `Try again later. If no deployer runs, "del ssl cert ${lockName}" on the socket removes what one left.`,
    },
  );
}
