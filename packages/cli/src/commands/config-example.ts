import { configExample } from "@certwright/core/config";
import type { CommandResult } from "../command.ts";

/** The example, line by line. */
export async function run(): Promise<CommandResult> {
  return { exitCode: 0, result: { example: configExample }, lines: configExample.trimEnd().split("\n") };
}
