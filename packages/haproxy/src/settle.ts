import { setTimeout as sleep } from "node:timers/promises";
import type { Bundle } from "./pem.ts";
import {
  abortCertificate,
  deleteCertificate,
  deleteFromCrtList,
  showCertificate,
  showCrtList,
  showTransaction,
} from "./runtime.ts";
import { isSame } from "./served.ts";
import type { Session } from "./session.ts";
import type { Settings } from "./settings.ts";
import { releaseAfterFailure, type WriterLock } from "./writer-lock.ts";

/** What a push has begun to change in HAProxy, noted before it is done. */
export interface Touched {
  /** The certificate a transaction may be open for. */
  name?: string;
  /** True once we may have created the certificate's name. */
  created?: boolean;
  /** The list we may have attached it to. */
  attachedTo?: string;
  /** The node's lock, while it may be ours. */
  lock?: WriterLock | undefined;
}

/** What a failed push left in HAProxy's memory. */
export type Aftermath = "new" | "old" | "unknown";

/**
 * Ends what a failed push left open, over a connection of its own: the failure may have been the end of the first.
 * It has its own deadline and runs even when the push was aborted, because an open transaction blocks everybody.
 *
 * @param final take back names and list entries too; else the next attempt goes on from them
 */
export async function settle(touched: Touched, bundle: Bundle, settings: Settings, final: boolean): Promise<Aftermath> {
  const { name, lock } = touched;
  if (name === undefined && lock === undefined) return "old";
  const signal = AbortSignal.timeout(settings.limits.settleTimeout);
  let session: Session;
  try {
    session = await settings.open(signal);
  } catch {
    return "unknown";
  }
  try {
    if (name !== undefined) await endTransaction(session, name, bundle, signal);
    if (lock) await releaseAfterFailure(session, lock, signal);
    touched.lock = undefined;
    if (name === undefined) return "old";
    if (await isLive(session, name, touched, bundle)) return "new";
    if (final) await takeBack(session, name, touched);
    return "old";
  } catch {
    return "unknown";
  } finally {
    session.close();
  }
}

async function endTransaction(session: Session, name: string, bundle: Bundle, signal: AbortSignal): Promise<void> {
  // What we sent last may still be on its way through a proxy when we look first.
  for (let looks = 0; looks < 2; looks++) {
    if (looks > 0) await sleep(50, undefined, { signal });
    const open = await showTransaction(session, name);
    if (!("kind" in open) && isSame(open, bundle)) await abortCertificate(session, name);
  }
}

async function isLive(session: Session, name: string, touched: Touched, bundle: Bundle): Promise<boolean> {
  const shown = await showCertificate(session, name);
  if ("kind" in shown || !isSame(shown, bundle)) return false;
  return !touched.created || shown.status === "Used";
}

async function takeBack(session: Session, name: string, { created, attachedTo }: Touched): Promise<void> {
  if (attachedTo !== undefined) {
    const entries = await showCrtList(session, attachedTo);
    const ours = "kind" in entries ? undefined : entries.findLast((entry) => entry.certificate === name);
    if (ours) await deleteFromCrtList(session, attachedTo, `${name}:${ours.line}`);
  }
  if (created) await deleteCertificate(session, name);
}
