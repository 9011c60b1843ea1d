import { setTimeout as sleep } from "node:timers/promises";
import type { Answer } from "./api.ts";
import type { Desk } from "./open-api.ts";
import { refusedByApi } from "./refused.ts";

/** What is asked of an API, for people: `runtime certificates`; and which certificate it is about. */
export interface Question {
  readonly what: string;
  readonly certificate?: string;
}

/**
 * Asks again while somebody else is changing certificates or the API wants patience.
 *
 * @throws HaproxyError HAPROXY_BUSY, HAPROXY_TRANSACTION_OPEN, and those of `Exchange`
 */
export async function answered<T>(
  { api, node, signal, emit, limits }: Desk,
  { what, certificate = "" }: Question,
  ask: () => Promise<Answer<T>>,
): Promise<Answer<T>> {
  const deadline = performance.now() + limits.busyTimeout;
  let told: string | undefined;
  for (;;) {
    const answer = await ask();
    if (!("failure" in answer) || answer.failure.kind !== "busy") return answer;
    const { behind, retryAfter = 0 } = answer.failure;
    if (told !== (behind ?? "")) {
      told = behind ?? "";
      emit({ type: "waiting", node: node.id, certificate, ...(behind === undefined ? {} : { behind }) });
    }
    // Random, so that two who met once do not meet for ever.
    const pause = Math.max(retryAfter * 1000, 20 + Math.random() * 180);
    if (performance.now() + pause > deadline) throw refusedByApi(api, what, answer.failure, certificate || undefined);
    await sleep(pause, undefined, { signal });
  }
}

/** {@link answered}, where anything but success is an error. @throws HaproxyError any of `refusedByApi` */
export async function wanted<T>(desk: Desk, question: Question, ask: () => Promise<Answer<T>>): Promise<T> {
  const answer = await answered(desk, question, ask);
  if (!("failure" in answer)) return answer.value;
  throw refusedByApi(desk.api, question.what, answer.failure, question.certificate);
}
