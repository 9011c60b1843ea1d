import { setTimeout as sleep } from "node:timers/promises";
import type { Refusal } from "./answers.ts";
import { HaproxyError } from "./errors.ts";
import type { Emit } from "./events.ts";
import { type InTheWay, watchForeign } from "./foreign.ts";
import type { Patience } from "./patience.ts";
import type { SetRequest } from "./refusals.ts";
import { abortCertificate, commitCertificate, setCertificate } from "./runtime.ts";
import type { Session } from "./session.ts";

/*
 * HAProxy has one transaction slot in the whole process. It survives the client that opened it and blocks the change
 * of every other certificate, so whoever opens a transaction must end it, and whoever finds it taken must wait.
 */

export interface TransactionContext {
  readonly signal: AbortSignal;
  readonly emit: Emit;
  readonly patience: Patience;
  /** Runs while the slot is ours, before the commit; may run again when the slot was lost. A throw aborts. */
  readonly beforeCommit?: () => Promise<void>;
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
    const result = await attempt(session, name, requests, context);
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
  context: TransactionContext,
): Promise<({ kind: "committed" } & Committed) | InTheWay> {
  let open = false;
  try {
    for (const request of requests) {
      const answer = await setCertificate(session, request.name, request.pem);
      if (answer.kind === "created" && open) {
        // Ours was ended between two requests, so this transaction has only a part of what it should.
        return { kind: "lost" };
      }
      if (answer.kind === "updated" && !open) {
        // Left over or concurrent: it may hold parts we did not send (.ocsp, .sctl), so it must not be committed.
        open = true;
        return { kind: "lost" };
      }
      if (answer.kind !== "created" && answer.kind !== "updated") {
        const passing = inTheWay(answer);
        if (passing) return passing;
        throw refused(session, name, answer);
      }
      open = true;
    }
    await context.beforeCommit?.();
    const answer = await commitUnlocked(session, name, context.signal);
    if (answer.kind === "committed") {
      open = false;
      return answer;
    }
    if (answer.kind === "none") {
      open = false;
      return { kind: "lost" };
    }
    const passing = inTheWay(answer);
    if (passing?.kind === "occupied") open = false;
    if (passing) return passing;
    throw refused(session, name, answer);
  } finally {
    if (open) await abortOwn(session, name);
  }
}

// While the slot is ours only a reader's lock can be in the way, and that passes.
async function commitUnlocked(session: Session, name: string, signal: AbortSignal) {
  for (let tries = 0; ; tries++) {
    const answer = await commitCertificate(session, name);
    if (answer.kind !== "locked" || tries === 100) return answer;
    await sleep(1 + Math.random() * 49, undefined, { signal });
  }
}

/**
 * Ends our own transaction. A dead session is no reason to fail here: the failure that killed it is being reported,
 * and who sees that one settles the slot over a new session.
 */
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
