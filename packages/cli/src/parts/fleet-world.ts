import type { Emit } from "@certwright/core";
import { runProgram } from "@certwright/core/hooks";
import type { Store } from "@certwright/core/store";
import type { FleetWorld } from "@certwright/haproxy";
import type { CliContext } from "../context.ts";
import { cleanEnvironment } from "../run-program.ts";
import { createWorld } from "../world.ts";
import type { NodeSecrets } from "./node-secrets.ts";

// Ten thousand nodes with long names.
const mostPrinted = 1024 * 1024;

/** The world of a fleet, out of that of the command. */
export function createFleetWorld(
  context: CliContext,
  emit: Emit,
  store: Store,
  dns: Parameters<typeof createWorld>[2],
  secrets: NodeSecrets,
): FleetWorld {
  const { now, sleep, signal, resolver } = createWorld(context, emit, dns);
  const env = cleanEnvironment(context.env);
  const run: FleetWorld["run"] = async (argv, limits) => {
    const { exitCode, stdout, dropped } = await runProgram(argv, { env, ...limits, keepBytes: mostPrinted });
    // Of a list that was cut, nobody knows which nodes are missing.
    if (dropped.stdout > 0) throw new Error(`it printed more than ${mostPrinted} bytes`);
    return { exitCode, stdout: stdout.toString("utf8") };
  };
  return { store, emit, now, sleep, signal, resolver, run, ...secrets };
}
