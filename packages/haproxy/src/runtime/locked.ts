import { setTimeout as sleep } from "node:timers/promises";
import { HaproxyError } from "../errors.ts";
import type { Refusal } from "./answers.ts";
import type { Patience } from "./patience.ts";
import type { Session } from "./session.ts";

type Locked = Extract<Refusal, { kind: "locked" }>;

/**
 * Repeats a command while HAProxy says that certificates are locked, which passes as soon as another client's change
 * is made or its answer read.
 *
 * @throws HaproxyError HAPROXY_BUSY
 */
export async function whileLocked<T extends object>(
  session: Session,
  { patience, signal }: { readonly patience: Pick<Patience, "busyTimeout">; readonly signal: AbortSignal },
  command: () => Promise<T>,
): Promise<Exclude<T, Locked>> {
  const deadline = performance.now() + patience.busyTimeout;
  for (;;) {
    const answer = await command();
    if (!isLocked(answer)) return answer as Exclude<T, Locked>;
    if (performance.now() > deadline) throw stillLocked(session, patience);
    await sleep(1 + Math.random() * 49, undefined, { signal });
  }
}

/** True for the answer that means: not now. */
export function isLocked(answer: object): boolean {
  return "kind" in answer && answer.kind === "locked";
}

/** The error for when waiting for the lock has taken too long. */
export function stillLocked(
  session: Session,
  patience: Pick<Patience, "busyTimeout">,
  certificate?: string,
): HaproxyError {
  const node = session.node.id;
  const seconds = patience.busyTimeout / 1000;
  return new HaproxyError("HAPROXY_BUSY", `Certificates in ${node} stayed locked for ${seconds} s.`, {
    node,
    ...(certificate === undefined ? {} : { certificate }),
    retryable: true,
    hint: 'Another client is changing or slowly reading certificates; find it with "show sess" and try again.',
  });
}
