import type { Answer } from "./answer.ts";
import type { ApiRequest } from "./request.ts";

/** A fault of the network or the API, played in front of the routes: the provider's test need not know of it. */
export interface Fault {
  /** Which requests it meets: `any`, or only those that would `change` the state. */
  readonly on: "any" | "change";
  /** How many it meets before all is well again. */
  readonly times: number;
  /**
   * What happens to them:
   * - a function: this answer instead, nothing is done;
   * - `hang`: no answer ever, nothing is done; `timeout`: the same until the caller's patience ends, which is at once,
   *   because waiting for it would cost real time; `cut`: the connection is closed, nothing is done;
   * - `cutAfter`: all is done, then the connection is closed without an answer;
   * - `truncate`: all is done, but only half of the answer's body arrives.
   */
  readonly act: ((request: ApiRequest) => Answer) | "hang" | "timeout" | "cut" | "cutAfter" | "truncate";
}

/** True for faults after which the state must look as if the request had never come. */
export function undoes(fault: Fault): boolean {
  return fault.act !== "cutAfter" && fault.act !== "truncate";
}
