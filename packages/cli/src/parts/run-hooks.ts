import type { Config } from "@certwright/core/config";
import { createRunHooks, type RunHooks } from "@certwright/core/hooks";
import type { Surroundings } from "../command.ts";
import { createHookWorld } from "./hook-world.ts";

/** The programs a configuration wants run around the orders of one run. */
export function configuredHooks(config: Config, surroundings: Surroundings): RunHooks {
  const { context, emit } = surroundings;
  return createRunHooks({
    run: config.settings.hooks,
    certificates: config.hooks,
    world: createHookWorld(config, surroundings),
    signal: context.stopper.signal,
    emit,
  });
}
