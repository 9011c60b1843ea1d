import { dirname } from "node:path";
import type { Emit } from "@certwright/core";
import type { Config } from "@certwright/core/config";
import { type HookWorld, runProgram } from "@certwright/core/hooks";
import type { CliContext } from "../context.ts";
import type { Secrets } from "../reporter/secrets.ts";
import { readSecret } from "../secret-ref.ts";

/** The world as programs named by a configuration find it. */
export function createHookWorld(
  { file }: Pick<Config, "file">,
  { context, secrets, emit }: { readonly context: CliContext; readonly secrets: Secrets; readonly emit: Emit },
): HookWorld {
  return {
    env: context.env,
    directory: dirname(file),
    temporaryDirectory: context.env.TMPDIR ?? "/tmp",
    resolveSecret: (ref) => readSecret(ref, context, secrets, emit),
    run: runProgram,
    now: context.now,
  };
}
