import { byForm, list, object, shorthand } from "./collections.ts";
import { duration, path, text } from "./scalars.ts";
import { argv, namedValues } from "./secret-type.ts";
import { filled, type Infer, optional, required, type Type } from "./type.ts";

const variable: Type<string> = text({
  label: "variable",
  longest: 255,
  pattern: /^[A-Za-z_][A-Za-z0-9_]*$/,
  expected: "the name of an environment variable",
});

/** What every program the file names may have besides its arguments. */
export const programKeys = {
  timeout: filled(duration("1s", "1h"), "2m", "After this time it is ended, with all it started."),
  env: optional(
    namedValues(variable, "mapping of text or [secret](#secret)"),
    "Variables to set. Its environment is otherwise clean: PATH, HOME and the like, and what describes the certificate.",
  ),
  passEnv: optional(list(variable, { distinct: true }), "Variables to hand on from our own environment."),
  directory: optional(path, "Directory it runs in.", "that of this file"),
};

const fullHook = object("hook", "A program run at a certain moment. It gets a JSON description on standard input.", {
  command: required(argv, "Program and arguments. No shell."),
  name: optional(text({ longest: 200 }), "What it is called in messages and in the state.", "its command"),
  ...programKeys,
});

export type HookConfig = Infer<typeof fullHook>;

/** A hook in full, or its command alone. */
export const hook: Type<HookConfig> = byForm<HookConfig>({
  list: shorthand(fullHook, "command", argv),
  map: fullHook,
});

export const certificateHooks = {
  pre: filled(list(hook), [], "Before it is ordered. One that fails keeps it from being ordered."),
  deploy: filled(
    list(hook),
    [],
    "After it was issued, as deploy targets: one that fails is tried again on its own schedule, without a new order.",
  ),
  post: filled(list(hook), [], "After the attempt, whether it succeeded or not."),
};

export const runHooks = object("run-hooks", "Programs run for all certificates.", {
  pre: filled(list(hook), [], "Once, before the first order of a run; none where nothing is due."),
  deploy: filled(list(hook), [], "For every certificate that was issued, besides its own."),
  post: filled(
    list(hook),
    [],
    "Once, after the last order of a run in which there was one, whether all succeeded or not.",
  ),
});
