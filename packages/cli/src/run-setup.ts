import type { DnsSpec, Run } from "@certwright/core";
import { openJournal } from "@certwright/core/store";
import type { Invocation } from "./command.ts";
import { createParts } from "./parts/create-parts.ts";
import { openState } from "./state.ts";
import { createWorld } from "./world.ts";

/** What a run of the engine needs from the command that starts it. */
export interface RunSetup {
  /** How the run itself asks the DNS. */
  readonly dns: Pick<DnsSpec, "resolvers">;
  readonly acceptTerms: boolean;
}

/** Opens the state and everything around it for one run of the engine. */
export async function openRun(
  { context, global, secrets, emit }: Invocation,
  { dns, acceptTerms }: RunSetup,
): Promise<Run> {
  const store = openState(global, context, emit);
  const world = createWorld(context, emit, dns);
  return {
    store,
    world,
    parts: createParts({ context, secrets, acceptTerms }),
    journal: await openJournal(store, world.signal),
  };
}
