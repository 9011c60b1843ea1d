import type { Config } from "@certwright/core/config";
import { fileStore, type Store } from "@certwright/core/store";
import type { Invocation, Surroundings } from "../command.ts";
import { openConfig } from "../config/open-config.ts";
import type { stateFlags } from "../declarations/config-flag.ts";
import { stateLocation } from "./location.ts";

/** What opening the state needs of a command line. */
type StateInvocation = Surroundings & Pick<Invocation, "global">;

/** The state this command line works on. A directory is not touched before it is used; of a bucket it is known that the key fits. */
export async function openState(invocation: StateInvocation, config?: Config): Promise<Store> {
  const { global, context, emit } = invocation;
  const location = stateLocation(global, context, config);
  if (location.kind === "directory") {
    return fileStore(location.path, { now: context.now, warn: (warning) => emit({ type: "warning", ...warning }) });
  }
  // What the configuration says of its own bucket is not sent to another that was named in its place.
  const settings = global.state === undefined ? config?.settings.state : undefined;
  return await (await import("./s3-state.ts")).openS3State(location, settings, invocation);
}

/** The same for commands that need the configuration for nothing else: it is read only where it decides. */
export async function openOnlyState(
  invocation: StateInvocation & Pick<Invocation<typeof stateFlags>, "flags">,
): Promise<Store> {
  return await openState(invocation, invocation.global.state === undefined ? await openConfig(invocation) : undefined);
}
