import type { Store } from "@certwright/core/store";
import type { FleetCertificates, FleetWorld } from "@certwright/haproxy";
import type { Invocation } from "../command.ts";
import { openConfig } from "../config/open-config.ts";
import type { fleetFlags } from "../declarations/fleet.ts";
import { createFleetWorld } from "../parts/fleet-world.ts";
import { openState } from "../state/open-state.ts";
import { type ChosenFleet, chooseFleets } from "./choose-fleets.ts";
import { certificatesFor, tellBroken } from "./fleet-certificates.ts";

/** What every command on fleets begins with. */
export interface OpenFleets {
  readonly store: Store;
  readonly world: FleetWorld;
  readonly fleets: readonly (ChosenFleet & { readonly certificates: FleetCertificates })[];
}

/** @throws CertwrightError `CLI_USAGE`, `CLI_CERTIFICATE_UNKNOWN`, ConfigError */
export async function openFleets(invocation: Invocation<typeof fleetFlags>): Promise<OpenFleets> {
  const { flags, args, emit } = invocation;
  const config = await openConfig(invocation);
  const chosen = chooseFleets(flags, config);
  const store = await openState(invocation, config);
  const fleets = [];
  for (const each of chosen) {
    const certificates = await certificatesFor(store, args, each, tellBroken(emit));
    fleets.push({ ...each, certificates });
  }
  return { store, fleets, world: createFleetWorld(invocation, store, config) };
}
