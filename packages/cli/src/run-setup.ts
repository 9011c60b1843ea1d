import type { DnsSpec, Run } from "@certwright/core";
import type { Config } from "@certwright/core/config";
import { openJournal, type Store } from "@certwright/core/store";
import type { Surroundings } from "./command.ts";
import { createParts } from "./parts/create-parts.ts";
import { createWorld } from "./world.ts";

/** What a run of the engine needs from the command that starts it. */
export interface RunSetup {
  readonly store: Store;
  /** How the run itself asks the DNS. */
  readonly dns: Pick<DnsSpec, "resolvers">;
  readonly acceptTerms: boolean;
  readonly fetchEab?: boolean;
  readonly config?: Config | undefined;
}

/** Opens everything around the state for one run of the engine. */
export async function openRun(
  surroundings: Surroundings,
  { store, dns, acceptTerms, fetchEab, config }: RunSetup,
): Promise<Run> {
  const world = createWorld(surroundings, config?.settings.defaults.dns ?? dns);
  const hooks =
    config === undefined ? undefined : (await import("./parts/run-hooks.ts")).configuredHooks(config, surroundings);
  return {
    store,
    world,
    parts: createParts(surroundings, { acceptTerms, fetchEab, store, config }),
    journal: await openJournal(store, world.signal),
    ...(hooks === undefined ? {} : { hooks }),
  };
}
