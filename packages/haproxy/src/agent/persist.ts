import { type Bundle, readBundle } from "../certificate/pem.ts";
import { keepFormer, openFileChanges } from "../disk/file-changes.ts";
import { HaproxyError } from "../errors.ts";
import type { CertificateDetails } from "../runtime/listings.ts";
import { whileLocked } from "../runtime/locked.ts";
import { refused } from "../runtime/refused.ts";
import { dumpCertificate, showCertificate } from "../runtime/runtime.ts";
import type { Session } from "../runtime/session.ts";
import { compareCopies, filesOf, type Places, readCopy, type Verdict } from "./copies.ts";
import type { AcmeCertificate } from "./domains.ts";

/** What persisting one certificate came to. */
export interface Persisted {
  readonly verdict: Verdict;
  /** Files that were written. */
  readonly written: readonly string[];
  readonly shown: CertificateDetails;
}

/** What is known besides. */
export interface Persisting {
  readonly configured: AcmeCertificate | undefined;
  readonly places: Places;
  readonly signal: AbortSignal;
}

/** A certificate may be replaced between two questions; then both are asked again. */
const mostLooks = 3;
const patience = { busyTimeout: 30_000 };

/**
 * Whether disk and memory hold the same.
 *
 * @throws HaproxyError HAPROXY_ACME_PATH, HAPROXY_CERTIFICATE_UNKNOWN, HAPROXY_LEVEL, and those of reading files
 */
export async function compare(session: Session, name: string, persisting: Persisting): Promise<Verdict> {
  const shown = await show(session, name, persisting.signal);
  const plan = filesOf(name, shown, persisting.configured, persisting.places);
  return compareCopies(shown, await readCopy(plan));
}

/**
 * Writes what HAProxy has in memory to the files it loads it from, unless they hold it already or something newer. The
 * dump is checked against what HAProxy shows before any file is touched, because it cuts large objects without a word.
 *
 * @throws HaproxyError HAPROXY_ACME_DUMP, HAPROXY_ACME_PATH, HAPROXY_CERTIFICATE_UNKNOWN, HAPROXY_LEVEL, and those of writing files
 */
export async function persist(
  session: Session,
  name: string,
  { configured, places, signal }: Persisting,
): Promise<Persisted> {
  for (let look = 1; ; look++) {
    const shown = await show(session, name, signal);
    const plan = filesOf(name, shown, configured, places);
    const verdict = compareCopies(shown, await readCopy(plan));
    if (verdict !== "memory") return { verdict, written: [], shown };
    const bundle = await dump(session, name, signal);
    if (bundle === undefined || !isShown(shown, bundle)) {
      if (look < mostLooks) continue;
      throw unlike(session, name);
    }
    const changes = openFileChanges(session.node.id, () => undefined);
    const kept = await keepFormer(plan, bundle);
    await changes.writeCertificate(kept.plan, kept.bundle);
    return { verdict, written: changes.paths, shown };
  }
}

async function show(session: Session, name: string, signal: AbortSignal): Promise<CertificateDetails> {
  const shown = await whileLocked(session, { patience, signal }, () => showCertificate(session, name));
  if ("kind" in shown) throw refused(session, name, shown);
  return shown;
}

/** The dump as a certificate with its key; undefined where it cannot be read. */
async function dump(session: Session, name: string, signal: AbortSignal): Promise<Bundle | undefined> {
  const answer = await whileLocked(session, { patience, signal }, async () => {
    const text = await dumpCertificate(session, name);
    return typeof text === "string" ? { text } : text;
  });
  if ("kind" in answer) throw refused(session, name, answer);
  try {
    return readBundle({ key: answer.text, chain: answer.text });
  } catch {
    // No cause: it could hold a piece of the key.
    return undefined;
  }
}

function isShown(shown: CertificateDetails, bundle: Bundle): boolean {
  const isSame = shown.sha1 === undefined ? shown.serial === bundle.serial : shown.sha1 === bundle.sha1;
  return isSame && bundle.keyMatches && (shown.sha1 === undefined || shown.chainSubjects.length >= bundle.issuers);
}

function unlike(session: Session, name: string): HaproxyError {
  return new HaproxyError("HAPROXY_ACME_DUMP", `What HAProxy dumps of ${name} is not what it shows.`, {
    node: session.node.id,
    certificate: name,
    hint: "A certificate above 16 KiB is cut in the dump: give it fewer names. The file on disk was left as it is.",
  });
}
