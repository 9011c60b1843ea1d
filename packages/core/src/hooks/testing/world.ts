import { chmod, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { HookWorld } from "../run-hook.ts";
import { runProgram } from "../run-program.ts";

/** Where programs are found; our own environment holds more than hooks may have. */
export const hostEnv = {
  PATH: "/usr/local/bin:/usr/bin:/bin",
  HOME: "/home/op",
  LC_TIME: "C",
  AWS_SECRET_ACCESS_KEY: "not for hooks",
  EXTRA: "passed",
};

/** A world whose files are all below one folder. */
export function worldIn(folder: string, change: Partial<HookWorld> = {}): HookWorld {
  return {
    env: hostEnv,
    directory: folder,
    temporaryDirectory: folder,
    resolveSecret: async (ref) => `secret of ${JSON.stringify(ref)}`,
    run: runProgram,
    now: () => 0,
    ...change,
  };
}

/** A program that runs this JavaScript, by way of its first line as the system reads it. */
export async function program(folder: string, name: string, text: string): Promise<readonly [string, ...string[]]> {
  const path = join(folder, name);
  await writeFile(path, `#!${process.execPath}\n${text}\n`);
  await chmod(path, 0o755);
  return [path];
}

/** A shell script: what people bring from other tools. */
export async function shellScript(folder: string, name: string, text: string): Promise<readonly [string, ...string[]]> {
  const path = join(folder, name);
  await writeFile(path, `#!/bin/sh\nset -eu\n${text}\n`);
  await chmod(path, 0o755);
  return [path];
}
