import { dirname } from "node:path";
import type { Config } from "@certwright/core/config";
import { type HookWorld, runProgram } from "@certwright/core/hooks";
import type { Surroundings } from "../command.ts";
import { readSecret } from "../secret-ref.ts";

/** The world as programs named by a configuration find it. */
export function createHookWorld({ file }: Pick<Config, "file">, surroundings: Surroundings): HookWorld {
  const { context } = surroundings;
  return {
    env: context.env,
    directory: dirname(file),
    temporaryDirectory: context.env.TMPDIR ?? "/tmp",
    resolveSecret: (ref) => readSecret(ref, surroundings),
    run: runProgram,
    now: context.now,
  };
}
