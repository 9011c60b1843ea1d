import type { NotificationConfig } from "@certwright/core/config";
import { cleanEnvironment, runProgram } from "@certwright/core/hooks";
import { cliError } from "../errors.ts";
import type { createHookWorld } from "../parts/hook-world.ts";
import type { Notice } from "./channel.ts";

type ProgramConfig = Extract<NotificationConfig, { exec: unknown }>;

/**
 * Gives a notice to a program, as JSON on its standard input.
 *
 * @throws CertwrightError `CLI_NOTIFY_FAILED`, `PROGRAM_...`
 */
export async function runNotice(
  notice: Notice,
  { exec, timeout, env = {}, passEnv = [], directory }: ProgramConfig,
  label: string,
  world: ReturnType<typeof createHookWorld>,
  signal: AbortSignal,
): Promise<void> {
  const own = await Promise.all(
    Object.entries(env).map(
      async ([name, value]) => [name, typeof value === "string" ? value : await world.resolveSecret(value)] as const,
    ),
  );
  const { exitCode } = await runProgram(exec, {
    env: { ...cleanEnvironment(world.env, passEnv), ...Object.fromEntries(own) },
    directory: directory ?? world.directory,
    stdin: `${JSON.stringify(notice)}\n`,
    timeoutMs: timeout * 1000,
    signal,
  });
  if (exitCode === 0) return;
  throw cliError("CLI_NOTIFY_FAILED", `the program of ${label} ended with status ${exitCode}`, {
    hint: "Run it by hand with a notice on its standard input.",
  });
}
