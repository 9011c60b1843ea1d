import type { Emit } from "@certwright/core";
import type { Store } from "@certwright/core/store";
import type { FindPassword, FleetWorld } from "@certwright/haproxy";
import type { CliContext } from "../context.ts";
import { cleanEnvironment, runProgram } from "../run-program.ts";
import { createWorld } from "../world.ts";

/** The world of a fleet, out of that of the command. */
export function createFleetWorld(
  context: CliContext,
  emit: Emit,
  store: Store,
  dns: Parameters<typeof createWorld>[2],
  password: FindPassword,
): FleetWorld {
  const { now, sleep, signal, resolver } = createWorld(context, emit, dns);
  const env = cleanEnvironment(context.env);
  const run: FleetWorld["run"] = (argv, limits) => runProgram(argv, { env, ...limits });
  return { store, emit, now, sleep, signal, resolver, run, password };
}
