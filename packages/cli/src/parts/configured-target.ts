import type { DeployTarget } from "@certwright/core";
import type { Config } from "@certwright/core/config";
import { createExecTarget } from "@certwright/core/hooks";
import type { Store } from "@certwright/core/store";
import { fleetTarget } from "@certwright/haproxy";
import type { Surroundings } from "../command.ts";
import { cliError } from "../errors.ts";
import { fleetFromConfig } from "./fleet-from-config.ts";
import { createFleetWorld } from "./fleet-world.ts";
import { createHookWorld } from "./hook-world.ts";
import { createNodeSecrets } from "./node-secrets.ts";
import { openTarget } from "./target.ts";

/**
 * A target as the configuration explains it; one that it does not know explains itself.
 *
 * @throws CertwrightError `CLI_TARGET_UNKNOWN`, `HAPROXY_...`
 */
export function openConfiguredTarget(
  id: string,
  config: Config | undefined,
  surroundings: Surroundings,
  store: Store,
): DeployTarget {
  const target = config?.targets.get(id);
  if (config !== undefined && target?.kind === "exec") {
    return createExecTarget(id, target.hook, store, createHookWorld(config, surroundings));
  }
  if (config !== undefined && target?.kind === "fleet") {
    return fleetTarget(fleetFromConfig(target.label, target.fleet), createFleetWorld(surroundings, store, config));
  }
  if (/^(?:exec|fleet):/.test(id)) {
    throw cliError("CLI_TARGET_UNKNOWN", `${JSON.stringify(id)} is not in the configuration`, {
      hint: "Targets of this kind are what a configuration says they are: name it with --config, or change deploy there.",
    });
  }
  return openTarget(id, createNodeSecrets(surroundings, config));
}
