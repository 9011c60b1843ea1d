import type { Config } from "@certwright/core/config";
import { cleanEnvironment, runProgram } from "@certwright/core/hooks";
import type { Store } from "@certwright/core/store";
import type { FleetWorld } from "@certwright/haproxy";
import type { Surroundings } from "../command.ts";
import { createWorld } from "../world.ts";
import { createNodeSecrets } from "./node-secrets.ts";

// Ten thousand nodes with long names.
const mostPrinted = 1024 * 1024;

/** The world of a fleet, out of that of the command. */
export function createFleetWorld(surroundings: Surroundings, store: Store, config: Config | undefined): FleetWorld {
  const { now, sleep, signal, emit, resolver } = createWorld(surroundings, config?.settings.defaults.dns ?? {});
  const env = cleanEnvironment(surroundings.context.env);
  const run: FleetWorld["run"] = async (argv, limits) => {
    const { exitCode, stdout, dropped } = await runProgram(argv, { env, ...limits, keepBytes: mostPrinted });
    // Of a list that was cut, nobody knows which nodes are missing.
    if (dropped.stdout > 0) throw new Error(`it printed more than ${mostPrinted} bytes`);
    return { exitCode, stdout: stdout.toString("utf8") };
  };
  return { store, emit, now, sleep, signal, resolver, run, ...createNodeSecrets(surroundings, config) };
}
