import { copyState } from "@certwright/core/store";
import type { CommandResult, Invocation } from "../command.ts";
import type { stateFlags } from "../declarations/config-flag.ts";
import { exitCodes } from "../exit-code.ts";
import { openOnlyState, openState } from "../state/open-state.ts";

/** All state, to an empty place. */
export async function run(invocation: Invocation<typeof stateFlags>): Promise<CommandResult> {
  const [place = ""] = invocation.args;
  const from = await openOnlyState(invocation);
  const to = await openState({ ...invocation, global: { ...invocation.global, state: place } });
  const values = await copyState(from, to);
  const [source, target] = [from.locate(""), to.locate("")];
  return {
    exitCode: exitCodes.done,
    result: { from: source, to: target, values },
    lines: [`${values} values copied from ${source} to ${target}`],
  };
}
