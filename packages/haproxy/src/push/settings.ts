import { setTimeout as sleep } from "node:timers/promises";
import type { Bundle } from "../certificate/pem.ts";
import type { FilePlan } from "../disk/files.ts";
import { hasCode } from "../errors.ts";
import type { Emit } from "../events.ts";
import { type Connect, connectNode } from "../runtime/connect.ts";
import type { CertificateDetails } from "../runtime/listings.ts";
import type { Node } from "../runtime/node.ts";
import type { Patience } from "../runtime/patience.ts";
import { openSession, type Session } from "../runtime/session.ts";

/** Bounds of a push, in milliseconds where not said otherwise. */
export interface PushLimits extends Patience {
  /** Connecting. Default: 5 000. */
  readonly connectTimeout: number;
  /** One answer. Default: 30 000, for a commit rebuilds every bind line that uses the certificate. */
  readonly answerTimeout: number;
  /** One TLS handshake. Default: 5 000. */
  readonly handshakeTimeout: number;
  /** Ending a transaction and looking what is in memory after a failure, even when aborted. Default: 5 000. */
  readonly settleTimeout: number;
  /**
   * What we sent last may still be on its way through a proxy when we look what a dead connection left; so we look
   * again after this long. Default: 50.
   */
  readonly settlePause: number;
  /** How often to start again after a cut connection or a reload in the middle. Default: 5 attempts in all. */
  readonly attempts: number;
}

/** Waits 30 s for others, and aborts a transaction nobody has touched for 10 s. */
export const defaultLimits: PushLimits = {
  busyTimeout: 30_000,
  staleAfter: 10_000,
  connectTimeout: 5_000,
  answerTimeout: 30_000,
  handshakeTimeout: 5_000,
  settleTimeout: 5_000,
  settlePause: 50,
  attempts: 5,
};

/** Throws where a push must not go on, now that it is known what it would change. */
export type Permit = (
  bundle: Bundle,
  aim: { readonly name: string; readonly present?: CertificateDetails; readonly plan: FilePlan },
) => void | Promise<void>;

/** The world of a push. */
export interface PushContext {
  readonly signal: AbortSignal;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly onEvent?: Emit;
  /** Default: {@link defaultLimits}. */
  readonly limits?: Partial<PushLimits>;
  /** Opens streams to nodes. Default: over unix sockets and TCP. */
  readonly connect?: Connect;
  /** Asked before anything is changed. Default: everything may be. */
  readonly permit?: Permit;
}

/** A push context with every default filled in. */
export interface Settings {
  readonly node: Node;
  readonly signal: AbortSignal;
  readonly now: () => number;
  readonly emit: Emit;
  readonly limits: PushLimits;
  readonly permit: Permit;
  readonly connect: Connect;
  /** Opens a session with the node under these limits, or under another signal. */
  readonly open: (signal?: AbortSignal) => Promise<Session>;
}

/** Fills in the defaults of a context for one node. */
export function settingsOf(node: Node, context: PushContext): Settings {
  const limits = { ...defaultLimits, ...context.limits };
  const { connectTimeout, answerTimeout } = limits;
  const connect = context.connect ?? connectNode;
  return {
    node,
    signal: context.signal,
    now: context.now,
    emit: context.onEvent ?? (() => {}),
    limits,
    permit: context.permit ?? (() => {}),
    connect,
    open: (signal = context.signal) => {
      const open = () => openSession(node, { signal, connectTimeout, answerTimeout, connect });
      return node.kind === "master" ? outlastReading(open, connectTimeout, signal) : open();
    },
  };
}

// Milliseconds; a large configuration takes its time.
const longestReading = 10_000;
const tryEvery = 100;

/** A master that is told to reload begins anew, and takes no connection, or cuts it, until it has read the files. */
async function outlastReading<T>(open: () => Promise<T>, connectTimeout: number, signal: AbortSignal): Promise<T> {
  for (const deadline = performance.now() + Math.max(connectTimeout, longestReading); ; ) {
    try {
      return await open();
    } catch (error) {
      const passes = hasCode(error, "HAPROXY_NOT_RUNNING", "HAPROXY_CONNECTION_CUT");
      if (!passes || performance.now() > deadline) throw error;
    }
    await sleep(tryEvery, undefined, { signal });
  }
}
