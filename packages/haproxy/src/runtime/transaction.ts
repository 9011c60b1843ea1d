import { setTimeout as sleep } from "node:timers/promises";
import type { Emit } from "../events.ts";
import type { Refusal } from "./answers.ts";
import { type InTheWay, watchForeign } from "./foreign.ts";
import type { Patience } from "./patience.ts";
import { refused } from "./refused.ts";
import { abortCertificate, commitCertificate, type SetRequest, setCertificate } from "./runtime.ts";
import type { Session } from "./session.ts";

/*
 * HAProxy has one transaction slot in the whole process. It survives the client that opened it and blocks the change
 * of every other certificate, so whoever opens a transaction must end it, and whoever finds it taken must wait.
 */

export interface TransactionContext {
  readonly signal: AbortSignal;
  readonly emit: Emit;
  readonly patience: Patience;
}

type Replaced = { readonly kind: "committed" } & Committed;

/** What a commit did. */
export interface Committed {
  /** How many uses of the certificate HAProxy rebuilt. */
  readonly instances: number;
  /** Warnings HAProxy gave, on one line. */
  readonly notes: string;
}

/**
 * Replaces the content of one certificate in HAProxy's memory, waiting for the transaction slot. When it fails, no
 * transaction of ours is left open, unless the session itself died.
 *
 * @throws HaproxyError HAPROXY_BUSY, HAPROXY_TRANSACTION_OPEN, HAPROXY_REJECTED, HAPROXY_CERTIFICATE_UNKNOWN,
 *   HAPROXY_BUFFER_TOO_SMALL, HAPROXY_LEVEL, and those of the session
 */
export async function replaceContent(
  session: Session,
  name: string,
  requests: readonly SetRequest[],
  context: TransactionContext,
): Promise<Committed> {
  const { signal, patience } = context;
  const foreign = watchForeign(session, name, context);
  const deadline = performance.now() + patience.busyTimeout;
  for (;;) {
    const result = await replaceOnce(session, name, requests);
    if (result.kind === "committed") return result;
    await foreign.look(result);
    if (performance.now() > deadline) throw foreign.blocked(result);
    // Random, so that two who met once do not meet for ever.
    await sleep(1 + Math.random() * 49, undefined, { signal });
  }
}

/**
 * One attempt of {@link replaceContent}: says what is in the way instead of waiting.
 *
 * @throws HaproxyError for what waiting does not mend
 */
export async function replaceOnce(
  session: Session,
  name: string,
  requests: readonly SetRequest[],
): Promise<Replaced | InTheWay> {
  // Asks whether the slot is free, and frees it of what an earlier push of this certificate left. It comes before the
  // set and not with it: in 2.6 a set goes into whatever transaction is open.
  const free = await abortCertificate(session, name);
  if (free.kind !== "none" && free.kind !== "aborted") return inTheWay(session, name, free);
  return setAndCommit(session, name, requests);
}

/** {@link replaceOnce} where {@link canSendAhead}, without asking first: for those who know that the slot is free. */
export async function setAndCommit(
  session: Session,
  name: string,
  requests: readonly SetRequest[],
): Promise<Replaced | InTheWay> {
  // In one go where HAProxy bears it, so that there is no time for others to slip in between.
  const ask = canSendAhead(session.worker.version) ? begin : <T>(question: () => Promise<T>) => question;
  const { sets, commit } = session.together(() => ({
    sets: requests.map((request) => ask(() => setCertificate(session, name, request))),
    commit: ask(() => commitCertificate(session, name)),
  }));
  let open = false;
  try {
    for (const set of sets) {
      const answer = await set();
      if (answer.kind === "misdirected") return await endMisdirected(session, answer.into);
      if (answer.kind !== "created" && answer.kind !== "updated") return inTheWay(session, name, answer);
      open = true;
    }
    const answer = await commit();
    open = answer.kind !== "committed" && answer.kind !== "none";
    if (answer.kind === "committed") return answer;
    return answer.kind === "none" ? { kind: "lost" } : inTheWay(session, name, answer);
  } finally {
    if (open) await abortOwn(session, name);
  }
}

/**
 * Whether several requests may be under way at once. HAProxy 2.6 crashes when its client leaves between the set and
 * the commit of one write; 3.2 does not. Versions between them were not tried.
 */
export function canSendAhead(version: string): boolean {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  return major > 3 || (major === 3 && minor >= 2);
}

/** Asks at once; a failure is heard when the answer is asked for. */
function begin<T>(question: () => Promise<T>): () => Promise<T> {
  const answer = question();
  answer.catch(() => {});
  return () => answer;
}

// Its owner must not commit what is now in there: better that the commit finds nothing and is tried again.
async function endMisdirected(session: Session, into: string): Promise<InTheWay> {
  await abortOwn(session, into);
  return { kind: "occupied", by: into };
}

/** A dead session is no reason to fail here: what killed it is being reported, and that is settled elsewhere. */
async function abortOwn(session: Session, name: string): Promise<void> {
  try {
    for (let tries = 0; tries < 100; tries++) {
      if ((await abortCertificate(session, name)).kind !== "locked") return;
      await sleep(10);
    }
  } catch {}
}

/** What passes is returned, what does not is thrown. */
function inTheWay(session: Session, name: string, answer: Refusal): InTheWay {
  if (answer.kind === "locked" || answer.kind === "occupied") return answer;
  throw refused(session, name, answer);
}
