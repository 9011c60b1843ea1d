import { dirname, isAbsolute, join, resolve } from "node:path";
import type { Config } from "@certwright/core/config";
import { parseStateLocation, type StateLocation } from "@certwright/core/store";
import type { CliContext } from "../context.ts";
import type { GlobalFlags } from "../declarations/global.ts";

/** Where root's state is. */
export const systemState = "/var/lib/certwright";

/**
 * Where state is kept: what was asked for, else what the configuration says, else root's place, else the user's own (XDG
 * base directories). Directories are absolute.
 *
 * @throws StoreError `STORE_BAD_LOCATION`
 */
export function stateLocation(
  { state }: Pick<GlobalFlags, "state">,
  context: Pick<CliContext, "cwd" | "env" | "home" | "root">,
  config?: Config,
): StateLocation {
  if (state !== undefined) return absolute(state, context.cwd);
  const configured = config?.settings.state.location;
  if (config !== undefined && configured !== undefined) return absolute(configured, dirname(config.file));
  if (context.root) return { kind: "directory", path: systemState };
  const xdg = context.env.XDG_STATE_HOME;
  const base = xdg !== undefined && isAbsolute(xdg) ? xdg : join(context.home, ".local/state");
  return { kind: "directory", path: join(base, "certwright") };
}

function absolute(text: string, directory: string): StateLocation {
  const location = parseStateLocation(text);
  return location.kind === "directory" ? { ...location, path: resolve(directory, location.path) } : location;
}
