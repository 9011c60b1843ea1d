import type { Config } from "@certwright/core/config";
import type { Invocation } from "../command.ts";
import type { configFlags } from "../declarations/config-flag.ts";
import { usageError } from "../errors.ts";
import { findConfigFile, systemFile, usualName } from "./config-path.ts";

/** The configuration this command line works from; undefined where none is named nor found. */
export async function openConfig({
  flags,
  context,
}: Pick<Invocation<typeof configFlags>, "flags" | "context">): Promise<Config | undefined> {
  const file = await findConfigFile(flags.config, context);
  if (file === undefined) return undefined;
  return await (await import("./read-config-file.ts")).readConfigFile(file);
}

/** The same for commands that cannot do without. @throws CertwrightError `CLI_USAGE` */
export async function requireConfigFile({
  flags,
  context,
}: Pick<Invocation<typeof configFlags>, "flags" | "context">): Promise<string> {
  const file = await findConfigFile(flags.config, context);
  if (file !== undefined) return file;
  throw usageError(
    "there is no configuration",
    `Name one with --config, or put one at ./${usualName} or ${systemFile}; \`certwright init\` writes a first one.`,
  );
}
