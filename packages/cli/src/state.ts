import { dirname, isAbsolute, join, resolve } from "node:path";
import type { Emit } from "@certwright/core";
import type { Config } from "@certwright/core/config";
import { fileStore, type Store } from "@certwright/core/store";
import type { CliContext } from "./context.ts";
import type { GlobalFlags } from "./declarations/global.ts";
import { cliError } from "./errors.ts";

/** Where state is kept: what was asked for, else what the configuration says, else root's place, else the user's own (XDG base directories). */
export function stateDirectory(
  { state }: Pick<GlobalFlags, "state">,
  context: Pick<CliContext, "cwd" | "env" | "home" | "root">,
  config?: Config,
): string {
  if (state !== undefined) return resolve(context.cwd, state);
  const location = config?.settings.state.location;
  if (config !== undefined && location !== undefined) {
    if (/^[a-z][a-z0-9+.-]*:/i.test(location)) throw unsupported(location);
    return resolve(dirname(config.file), location);
  }
  if (context.root) return "/var/lib/certwright";
  const xdg = context.env.XDG_STATE_HOME;
  return join(xdg !== undefined && isAbsolute(xdg) ? xdg : join(context.home, ".local/state"), "certwright");
}

/** The store in that place; nothing is touched before it is used. */
export function openState(global: GlobalFlags, context: CliContext, emit: Emit, config?: Config): Store {
  return fileStore(stateDirectory(global, context, config), {
    now: context.now,
    warn: (warning) => emit({ type: "warning", ...warning }),
  });
}

function unsupported(location: string): Error {
  return cliError("CLI_STATE_UNSUPPORTED", `state cannot be kept at ${location}`, {
    hint: "Give a directory as state.location, or with --state.",
  });
}
