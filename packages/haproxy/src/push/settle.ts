import { setTimeout as sleep } from "node:timers/promises";
import { messageOf } from "@certwright/provider";
import type { Bundle } from "../certificate/pem.ts";
import { isSame } from "../certificate/served.ts";
import type { FileChanges } from "../disk/file-changes.ts";
import { whileLocked } from "../runtime/locked.ts";
import {
  abortCertificate,
  deleteCertificate,
  deleteFromCrtList,
  showCertificate,
  showCrtList,
} from "../runtime/runtime.ts";
import type { Session } from "../runtime/session.ts";
import { type Pace, releaseAfterFailure, type WriterLock } from "../runtime/writer-lock.ts";
import type { Settings } from "./settings.ts";

/** What a push has begun to change, noted before it is done. */
export interface Touched {
  /** The certificate a transaction may be open for. */
  name?: string;
  /** True once we may have created the certificate's name. */
  created?: boolean;
  /** The list we may have attached it to. */
  attachedTo?: string;
  /** The node's lock, while it may be ours. */
  lock?: WriterLock | undefined;
  readonly files: FileChanges;
}

/** How a failed push left things. */
export type Aftermath =
  /** HAProxy holds the new certificate, and so do the files. */
  | { readonly kind: "new" }
  /** Everything is as before; `unrestored` says why the files are not. */
  | { readonly kind: "old"; readonly unrestored?: unknown }
  /** HAProxy cannot be asked. */
  | { readonly kind: "unknown" };

/** What a person must know of the state things were left in, where there is anything. */
export function hintOf(aftermath: Aftermath, files: FileChanges): string | undefined {
  if (aftermath.kind === "old" && aftermath.unrestored !== undefined)
    return `The former files could not be put back: ${messageOf(aftermath.unrestored)}`;
  // Nobody knows what HAProxy holds. The new files passed every check, so its next start may well load them.
  if (aftermath.kind === "unknown" && files.paths.length > 0)
    return "The new files stay; HAProxy serves them from its next start on.";
  return undefined;
}

/**
 * Clears up after a failed attempt, over a connection of its own: the failure may have been the end of the first.
 * It has its own deadline and runs even when the push was aborted, because an open transaction blocks everybody.
 *
 * @param final take everything back that is not live; else the next attempt goes on from it
 */
export async function settle(touched: Touched, bundle: Bundle, settings: Settings, final: boolean): Promise<Aftermath> {
  const { name, lock, files } = touched;
  if (name === undefined && lock === undefined) return { kind: "old" };
  const { settleTimeout, settlePause } = settings.limits;
  const signal = AbortSignal.timeout(settleTimeout);
  const pace = { signal, pause: settlePause, patience: { busyTimeout: settleTimeout } };
  let session: Session | undefined;
  try {
    session = await settings.open(signal);
    if (name !== undefined) await endTransaction(session, name, pace);
    const live = name !== undefined && (await isLive(session, name, touched, bundle, pace));
    let aftermath: Aftermath = { kind: live ? "new" : "old" };
    if (final && !live) {
      if (name !== undefined) await takeBack(session, name, touched, pace);
      // Files follow memory: what HAProxy does not hold must not surprise it at the next reload.
      await files.restore().catch((unrestored: unknown) => {
        aftermath = { kind: "old", unrestored };
      });
    }
    // Last, for all of this is the work of one writer.
    if (lock) await releaseAfterFailure(session, lock, pace);
    touched.lock = undefined;
    return aftermath;
  } catch {
    return { kind: "unknown" };
  } finally {
    session?.close();
  }
}

// Not looked at before it is aborted: under the lock it can only be ours.
async function endTransaction(session: Session, name: string, pace: Pace): Promise<void> {
  for (let looks = 0; looks < 2; looks++) {
    if (looks > 0) await sleep(pace.pause, undefined, { signal: pace.signal });
    await whileLocked(session, pace, () => abortCertificate(session, name));
  }
}

async function isLive(session: Session, name: string, touched: Touched, bundle: Bundle, pace: Pace): Promise<boolean> {
  const shown = await whileLocked(session, pace, () => showCertificate(session, name));
  if ("kind" in shown || !isSame(shown, bundle)) return false;
  return !touched.created || shown.status === "Used";
}

async function takeBack(session: Session, name: string, { created, attachedTo }: Touched, pace: Pace): Promise<void> {
  if (attachedTo !== undefined) {
    const entries = await showCrtList(session, attachedTo);
    const ours = "kind" in entries ? undefined : entries.findLast((entry) => entry.certificate === name);
    if (ours) {
      const entry = ours.line > 0 ? `${name}:${ours.line}` : name;
      await whileLocked(session, pace, () => deleteFromCrtList(session, attachedTo, entry));
    }
  }
  if (created) await whileLocked(session, pace, () => deleteCertificate(session, name));
}
