import type { WaitingTarget } from "@certwright/core";
import type { Config } from "@certwright/core/config";
import type { Store } from "@certwright/core/store";
import { bringToNewNodes, type FleetWorld, newNodesListed } from "@certwright/haproxy";
import type { Surroundings } from "../command.ts";
import { createFleetWorld } from "../parts/fleet-world.ts";
import { explain } from "../reporter/explain.ts";
import { type ChosenFleet, fleetsInUse } from "./choose-fleets.ts";
import { certificatesFor, tellBroken } from "./fleet-certificates.ts";

/** What came of a look for new nodes of all fleets. */
export interface NewNodesOutcome {
  /** By certificate, the fleets of which a new node lacks it although the policy needs it there. */
  readonly waiting: ReadonlyMap<string, readonly WaitingTarget[]>;
  /** Milliseconds since 1970, where something is to be tried again. */
  readonly retryAt: number | undefined;
}

/**
 * Brings nodes that are new to the fleets of a configuration what there is. A fleet that fails is told, and keeps nothing
 * up: it is looked at again the next time.
 *
 * @throws the signal's reason
 */
export async function careForNewNodes(
  config: Config,
  store: Store,
  surroundings: Surroundings,
): Promise<NewNodesOutcome> {
  const reports = await inEach(config, store, surroundings, (chosen, world) =>
    bringToNewNodes(chosen.fleet, () => certificatesFor(store, [], chosen, tellBroken(world.emit)), world),
  );
  const waiting = new Map<string, WaitingTarget[]>();
  for (const [name, target] of reports.flatMap((report) => [...report.waiting]))
    waiting.set(name, [...(waiting.get(name) ?? []), target]);
  const tries = reports.flatMap(({ retryAt }) => retryAt ?? []);
  return { waiting, retryAt: tries.length === 0 ? undefined : Math.min(...tries) };
}

/** Tells of nodes that are new, as far as no fleet has to be asked. @throws the signal's reason */
export async function tellOfNewNodes(config: Config, store: Store, surroundings: Surroundings): Promise<void> {
  await inEach(config, store, surroundings, async ({ fleet }, world) => {
    for (const node of await newNodesListed(fleet, world)) {
      const message = `${node} is new to ${fleet.label}: a run brings what there is there`;
      world.emit({ type: "warning", code: "HAPROXY_FLEET_NEW_NODE", message });
    }
  });
}

/** Does something for each fleet that is in use. That one fails is told. */
async function inEach<T>(
  config: Config,
  store: Store,
  surroundings: Surroundings,
  work: (chosen: ChosenFleet, world: FleetWorld) => Promise<T>,
): Promise<readonly T[]> {
  const { emit } = surroundings;
  const world = createFleetWorld(surroundings, store, config);
  const done = fleetsInUse(config).map(async (chosen) => {
    try {
      return [await work(chosen, world)];
    } catch (error) {
      world.signal.throwIfAborted();
      const { code, message, hint } = explain(error);
      const looked = `whether ${chosen.fleet.label} has new nodes, and what they lack, is not known: ${message}`;
      emit({ type: "warning", code, message: looked, ...(hint === undefined ? {} : { hint }) });
      return [];
    }
  });
  return (await Promise.all(done)).flat();
}
