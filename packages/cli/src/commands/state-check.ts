import { tryStore } from "@certwright/core/store";
import type { CommandResult, Invocation } from "../command.ts";
import type { stateFlags } from "../declarations/config-flag.ts";
import { exitCodes } from "../exit-code.ts";
import { openOnlyState } from "../state/open-state.ts";

/** Tries the state in use. */
export async function run(invocation: Invocation<typeof stateFlags>): Promise<CommandResult> {
  const store = await openOnlyState(invocation);
  await tryStore(store, invocation.context.stopper.signal);
  const location = store.locate("");
  return {
    exitCode: exitCodes.done,
    result: { location },
    lines: [`${location} can be used: locked, written, read back, removed`],
  };
}
