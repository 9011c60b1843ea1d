import { setTimeout as sleep } from "node:timers/promises";
import { HaproxyError } from "../errors.ts";
import { getReload } from "./api.ts";
import type { Desk } from "./open-api.ts";
import { answered } from "./patience.ts";
import { refusedByApi } from "./refused.ts";

// The API collects what wants a reload for some seconds (reload_delay), and then HAProxy loads everything anew.
const longest = 120_000;
const [firstPause, lastPause] = [100, 2_000];

/**
 * Waits until a reload that the API announced has ended.
 *
 * @throws HaproxyError HAPROXY_RELOAD_FAILED, HAPROXY_RELOAD_UNFINISHED
 */
export async function followReload(desk: Desk, id: string, certificate: string): Promise<void> {
  const deadline = performance.now() + longest;
  const question = { what: "a reload", certificate };
  for (let pause = firstPause; performance.now() < deadline; pause = Math.min(pause * 2, lastPause)) {
    const answer = await answered(desk, question, () => getReload(desk.api, id));
    if ("failure" in answer) {
      // An API that was started anew has forgotten its reloads.
      if (answer.failure.kind === "absent")
        throw unfinished(desk, certificate, `${desk.node.id} no longer knows reload ${id}.`);
      throw refusedByApi(desk.api, question.what, answer.failure, certificate);
    }
    const { status, response } = answer.value;
    if (status === "succeeded") return;
    if (status === "failed") {
      throw refusedByApi(desk.api, question.what, { kind: "reload-failed", reason: response }, certificate);
    }
    await sleep(pause, undefined, { signal: desk.signal });
  }
  throw unfinished(desk, certificate, `Reload ${id} of ${desk.node.id} has not ended.`);
}

function unfinished(desk: Desk, certificate: string, message: string): HaproxyError {
  return new HaproxyError("HAPROXY_RELOAD_UNFINISHED", message, {
    node: desk.node.id,
    certificate,
    retryable: true,
    hint: "See the log of the Data Plane API and its reload_delay; then push again.",
  });
}
