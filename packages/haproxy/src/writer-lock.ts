import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { HaproxyError } from "./errors.ts";
import type { Emit } from "./events.ts";
import type { Patience } from "./patience.ts";
import { deleteCertificate, listCertificates, newCertificate } from "./runtime.ts";
import type { Session } from "./session.ts";
import { refused } from "./transaction.ts";

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

/** A lock we hold, or may hold when the connection died while asking for it. */
export interface WriterLock {
  readonly identity: string;
}

// Listing every certificate costs milliseconds where there are thousands.
const lookEvery = 500;

/**
 * Waits for the node's lock and takes it.
 *
 * @param begun told before the lock may be ours, for cleaning up after a failure
 * @throws HaproxyError HAPROXY_BUSY, HAPROXY_LEVEL
 */
export async function lockNode(
  session: Session,
  { signal, emit, patience }: { readonly signal: AbortSignal; readonly emit: Emit; readonly patience: Patience },
  begun: (lock: WriterLock) => void,
): Promise<void> {
  const node = session.node.id;
  const lock = { identity: `${lockName}.${randomBytes(6).toString("hex")}` };
  const deadline = performance.now() + patience.busyTimeout;
  let seen = { holder: "", since: performance.now() };
  let lookedAt = performance.now();
  for (let tries = 0; ; tries++) {
    begun(lock);
    const answer = await newCertificate(session, lockName);
    if (answer.kind === "created") break;
    if (answer.kind !== "exists" && answer.kind !== "locked") throw refused(session, lockName, answer);
    const now = performance.now();
    if (now > deadline) throw busy(node, patience);
    if (tries === 0) emit({ type: "waiting", node, certificate: lockName, behind: lockName });
    if (now - lookedAt > lookEvery) {
      lookedAt = now;
      const holder = await holderOf(session);
      if (holder !== undefined && holder !== seen.holder) seen = { holder, since: now };
      else if (holder !== undefined && now - seen.since > patience.staleAfter) {
        await breakLock(session, holder);
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
  await newCertificate(session, lock.identity);
}

/** Gives the lock back. Harmless when it is not ours, or not any more. */
export async function unlockNode(session: Session, lock: WriterLock): Promise<void> {
  const answer = await deleteCertificate(session, lock.identity);
  if (answer.kind === "deleted") await deleteCertificate(session, lockName);
}

/**
 * Gives the lock back after the connection died while we asked for it or held it: it may bear our identity, or none
 * yet because we did not get that far.
 */
export async function releaseAfterFailure(session: Session, lock: WriterLock, signal: AbortSignal): Promise<void> {
  await unlockNode(session, lock);
  if ((await holderOf(session)) !== "") return;
  // Another writer may stand between its two names this very moment; not so a little later.
  await sleep(100, undefined, { signal });
  if ((await holderOf(session)) === "") await deleteCertificate(session, lockName);
}

/** The holder's identity; empty when the lock bears none, undefined when there is no lock or it cannot be seen. */
async function holderOf(session: Session): Promise<string | undefined> {
  const listed = await listCertificates(session);
  if ("kind" in listed || !listed.names.includes(lockName)) return undefined;
  return listed.names.find((name) => name !== lockName && isLockName(name)) ?? "";
}

// Of several who want to break it only one succeeds in deleting the identity, and that one deletes the lock.
async function breakLock(session: Session, holder: string): Promise<void> {
  if (holder === "") await deleteCertificate(session, lockName);
  else await unlockNode(session, { identity: holder });
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
