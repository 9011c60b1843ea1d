import { setTimeout as sleep } from "node:timers/promises";
import type { Refusal } from "./answers.ts";
import { HaproxyError } from "./errors.ts";
import type { Emit } from "./events.ts";
import { type InTheWay, watchForeign } from "./foreign.ts";
import type { Patience } from "./patience.ts";
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
    const result = await attempt(session, name, requests);
    if (result.kind === "committed") return result;
    await foreign.look(result);
    if (performance.now() > deadline) throw foreign.blocked(result);
    // Random, so that two who met once do not meet for ever.
    await sleep(1 + Math.random() * 49, undefined, { signal });
  }
}

async function attempt(
  session: Session,
  name: string,
  requests: readonly SetRequest[],
): Promise<({ kind: "committed" } & Committed) | InTheWay> {
  // Asks whether the slot is free, and frees it of what an earlier push of this certificate left. It comes before the
  // set and not with it: in 2.6 a set goes into whatever transaction is open.
  const free = await abortCertificate(session, name);
  if (free.kind !== "none" && free.kind !== "aborted") return inTheWay(free) ?? fail(session, name, free);

  // In one go, so that there is no time for others to slip in between.
  const sent = requests.map((request) => setCertificate(session, name, request));
  const committing = commitCertificate(session, name);
  const [sets, commit] = await Promise.all([Promise.allSettled(sent), settled(committing)]);
  let mayBeOpen = false;
  try {
    for (const set of sets) {
      if (set.status === "rejected") throw set.reason;
      const answer = set.value;
      if (answer.kind === "created" || answer.kind === "updated") mayBeOpen = true;
      else if (answer.kind === "misdirected") return await endMisdirected(session, answer.into);
      else return inTheWay(answer) ?? fail(session, name, answer);
    }
    if (commit.status === "rejected") throw commit.reason;
    const answer = commit.value;
    if (answer.kind === "committed" || answer.kind === "none") mayBeOpen = false;
    if (answer.kind === "committed") return answer;
    if (answer.kind === "none") return { kind: "lost" };
    return inTheWay(answer) ?? fail(session, name, answer);
  } finally {
    if (mayBeOpen) await abortOwn(session, name);
  }
}

async function settled<T>(promise: Promise<T>): Promise<PromiseSettledResult<T>> {
  const [result] = await Promise.allSettled([promise]);
  return result;
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

function inTheWay(answer: Refusal): InTheWay | undefined {
  return answer.kind === "locked" || answer.kind === "occupied" ? answer : undefined;
}

function fail(session: Session, name: string, answer: Refusal): never {
  throw refused(session, name, answer);
}

/** The error for a refusal that waiting does not mend. */
export function refused(session: Session, certificate: string, answer: Refusal): HaproxyError {
  const node = session.node.id;
  const about = { node, certificate };
  switch (answer.kind) {
    case "denied":
      return new HaproxyError("HAPROXY_LEVEL", `${node} does not let certificates be changed.`, {
        ...about,
        hint: 'Use a socket with "level admin" in its "stats socket" line.',
      });
    case "unknown":
      return new HaproxyError("HAPROXY_CERTIFICATE_UNKNOWN", `${node} has no certificate named ${certificate}.`, {
        ...about,
        hint: 'Names are compared letter by letter with the configuration; "show ssl cert" lists them. To add a new one, name a list.',
      });
    case "too-big":
      return new HaproxyError("HAPROXY_BUFFER_TOO_SMALL", `${certificate} is too large for the buffer of ${node}.`, {
        ...about,
        hint: "Raise tune.bufsize (and tune.cli.max-payload-size from HAProxy 3.4 on) and restart HAProxy.",
      });
    case "unsupported":
      return new HaproxyError(
        "HAPROXY_UNEXPECTED_ANSWER",
        `${node} runs HAProxy ${session.worker.version}, which lacks a command.`,
        {
          ...about,
          hint: "Use HAProxy 2.6 or later, built with OpenSSL.",
        },
      );
    case "rejected":
      return new HaproxyError("HAPROXY_REJECTED", `${node} refused ${certificate}: ${answer.reason}`, {
        ...about,
        hint: "Check that the chain has the leaf first and its issuers after it, and that HAProxy's OpenSSL knows the key type.",
      });
    case "locked":
    case "occupied":
      return new HaproxyError("HAPROXY_BUSY", `${node} is being changed by somebody else.`, {
        ...about,
        retryable: true,
        hint: "Try again in a moment.",
      });
  }
}
