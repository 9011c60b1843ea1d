import { hostname } from "node:os";
import type { Config } from "@certwright/core/config";
import type { Store } from "@certwright/core/store";
import type { Surroundings } from "../command.ts";
import { createChannels } from "./channels.ts";
import { createNotifier, type Notifier } from "./notifier.ts";

/**
 * The notifier of a configuration.
 *
 * @param config as it is now
 * @param signal ends what is being sent
 * @param isStored false where certificates are somebody else's, of which the store knows nothing
 */
export function openNotifier(
  config: () => Config,
  store: Store,
  surroundings: Surroundings,
  signal: AbortSignal,
  isStored = true,
): Notifier {
  const { context, emit } = surroundings;
  return createNotifier({
    channels: () => createChannels(config(), surroundings),
    shares: () => config().settings.alarms,
    store,
    context,
    host: hostname(),
    emit,
    signal,
    isStored,
  });
}
