import type { Resolver } from "@certwright/dns";
import type { Emit } from "./events.ts";

/** The outside world as the engine may use it; made once by the program on top and handed down. */
export interface World {
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Waits; rejects with the signal's reason at once when it aborts. */
  readonly sleep: (milliseconds: number, signal: AbortSignal) => Promise<void>;
  /** A number in [0, 1). */
  readonly random: () => number;
  /** Aborted when the person or the service stops the run. Clean-up still happens, under a deadline of its own. */
  readonly signal: AbortSignal;
  readonly emit: Emit;
  readonly resolver: Resolver;
}
