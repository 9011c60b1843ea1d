import { isAbsolute, join, resolve } from "node:path";
import type { Emit } from "@certwright/core";
import { fileStore, type Store } from "@certwright/core/store";
import type { CliContext } from "./context.ts";
import type { GlobalFlags } from "./declarations/global.ts";

/** Where state is kept: what was asked for, else root's place, else the user's own (XDG base directories). */
export function stateDirectory(
  { state }: Pick<GlobalFlags, "state">,
  context: Pick<CliContext, "cwd" | "env" | "home" | "root">,
): string {
  if (state !== undefined) return resolve(context.cwd, state);
  if (context.root) return "/var/lib/certwright";
  const xdg = context.env.XDG_STATE_HOME;
  return join(xdg !== undefined && isAbsolute(xdg) ? xdg : join(context.home, ".local/state"), "certwright");
}

/** The store in that place; nothing is touched before it is used. */
export function openState(global: GlobalFlags, context: CliContext, emit: Emit): Store {
  return fileStore(stateDirectory(global, context), {
    now: context.now,
    warn: (warning) => emit({ type: "warning", ...warning }),
  });
}
