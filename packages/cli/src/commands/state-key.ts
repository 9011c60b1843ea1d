import { randomBytes } from "node:crypto";
import { resolve } from "node:path";
import type { CommandResult, Invocation } from "../command.ts";
import type { stateKeyFlags } from "../declarations/state.ts";
import { exitCodes } from "../exit-code.ts";
import { writeNewFile } from "../write-new-file.ts";

/** A new key for state, to a file or to whoever asked. */
export async function run({ flags, context }: Invocation<typeof stateKeyFlags>): Promise<CommandResult> {
  const key = randomBytes(32).toString("base64");
  if (flags.out === undefined) return { exitCode: exitCodes.done, result: { key }, lines: [key] };
  const file = resolve(context.cwd, flags.out);
  await writeNewFile(file, `${key}\n`, 0o600);
  return {
    exitCode: exitCodes.done,
    result: { file },
    lines: [`the key is in ${file}; keep a copy elsewhere: without it nobody can read the state`],
  };
}
