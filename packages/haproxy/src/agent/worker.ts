import type { World } from "@certwright/core";
import { isCertwrightError } from "@certwright/provider";
import type { Connect } from "../runtime/connect.ts";
import type { Node } from "../runtime/node.ts";
import { openSession, type Session } from "../runtime/session.ts";
import { pauseBefore } from "./orders.ts";

/** Asks the worker that runs now. */
export type AskWorker = <T>(act: (session: Session) => Promise<T>, signal?: AbortSignal) => Promise<T>;

// A reload of a large configuration takes tens of seconds, and everything asked here may be asked twice.
const pauses = [100, 300, 1_000, 2_000, 4_000, 8_000, 15_000];

/** Short sessions through the master, begun again where a reload comes in between. */
export function askWorker(
  node: Node,
  { signal: always, sleep }: Pick<World, "signal" | "sleep">,
  connect?: Connect,
): AskWorker {
  return async (act, signal = always) => {
    for (let attempt = 0; ; attempt++) {
      try {
        const session = await openSession(node, { signal, ...(connect ? { connect } : {}) });
        try {
          return await act(session);
        } finally {
          session.close();
        }
      } catch (error) {
        signal.throwIfAborted();
        if (attempt >= pauses.length || !isCertwrightError(error) || !error.retryable) throw error;
        await sleep(pauseBefore(attempt, pauses), signal);
      }
    }
  };
}
