import { configJsonSchema } from "@certwright/core/config";
import type { CommandResult } from "../command.ts";

/** The schema, as it is: what a program reads needs no words around it. */
export async function run(): Promise<CommandResult> {
  const schema = configJsonSchema();
  return { exitCode: 0, result: { schema }, lines: JSON.stringify(schema, undefined, 2).split("\n") };
}
