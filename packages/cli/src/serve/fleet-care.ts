import type { Config } from "@certwright/core/config";
import type { Store } from "@certwright/core/store";
import type { Surroundings } from "../command.ts";
import { explain } from "../reporter/explain.ts";

/** Looks for nodes that are new to fleets, beside the schedules of certificates. */
export interface FleetCare {
  /** Looks from now on, `interval` milliseconds apart at the most. Returns what ends it; a look under way is waited for. */
  start(interval: number): () => Promise<void>;
  /** Ends the pause between two looks: a fleet may be another. */
  lookNow(): void;
}

/** Milliseconds. */
const shortestPause = 1_000;

/** @param config the one in force */
export function createFleetCare(config: () => Config, store: Store, surroundings: Surroundings): FleetCare {
  const { context, emit } = surroundings;
  let pausing = new AbortController();
  const look = async (interval: number): Promise<number> => {
    if (Object.keys(config().settings.fleets).length === 0) return interval;
    const { careForNewNodes } = await import("../fleet/new-nodes.ts");
    const { retryAt } = await careForNewNodes(config(), store, surroundings);
    return retryAt === undefined ? interval : Math.min(interval, Math.max(retryAt - context.now(), shortestPause));
  };
  const stop = new AbortController();
  const end = AbortSignal.any([context.stopper.signal, stop.signal]);
  const care = async (interval: number): Promise<void> => {
    while (!end.aborted) {
      // What changes during a look is looked at right after it.
      pausing = new AbortController();
      const pause = await look(interval).catch((error: unknown) => {
        const { code, message, hint } = explain(error);
        if (!end.aborted) emit({ type: "warning", code, message, ...(hint === undefined ? {} : { hint }) });
        return interval;
      });
      await context.sleep(pause, AbortSignal.any([end, pausing.signal])).catch(() => undefined);
    }
  };
  return {
    lookNow: () => pausing.abort(),
    start: (interval) => {
      const caring = care(interval);
      return async () => {
        stop.abort();
        await caring;
      };
    },
  };
}
