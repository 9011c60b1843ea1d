import { reseal } from "@certwright/core/store";
import type { CommandResult, Invocation } from "../command.ts";
import { openConfig } from "../config/open-config.ts";
import type { stateFlags } from "../declarations/config-flag.ts";
import { usageError } from "../errors.ts";
import { exitCodes } from "../exit-code.ts";
import { stateLocation } from "../state/location.ts";
import { openUnsealedS3 } from "../state/s3-state.ts";

/** Everything under the current key. */
export async function run(invocation: Invocation<typeof stateFlags>): Promise<CommandResult> {
  const { global, context } = invocation;
  const config = global.state === undefined ? await openConfig(invocation) : undefined;
  const location = stateLocation(global, context, config);
  if (location.kind === "directory") {
    throw usageError(`${location.path} is not encrypted`, "Only state beyond this machine is.");
  }
  const { store, keys } = await openUnsealedS3(location, config?.settings.state, invocation);
  if (keys === undefined) throw usageError("the state is not encrypted", "Copy it to another prefix with a key.");
  const { looked, resealed } = await reseal(store, keys);
  return {
    exitCode: exitCodes.done,
    result: { looked, resealed },
    lines: [`${resealed} of ${looked} values encrypted anew; former keys are no longer needed`],
  };
}
