import { resolve } from "node:path";
import type { SecretRef } from "@certwright/core";
import type { CliContext } from "../context.ts";

/** Where a variable's value is found: in itself, or in the file its namesake with `_FILE` names; undefined where neither is set. */
export function refFromEnv(name: string, { env, cwd }: Pick<CliContext, "env" | "cwd">): SecretRef | undefined {
  if ((env[name] ?? "").trim() !== "") return { env: name };
  const file = env[`${name}_FILE`];
  return file === undefined || file === "" ? undefined : { file: resolve(cwd, file) };
}
