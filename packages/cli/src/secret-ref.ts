import { isAbsolute, resolve } from "node:path";
import type { SecretRef } from "@certwright/core";
import type { CliContext } from "./context.ts";
import { cliError } from "./errors.ts";
import { readSmallTextFile } from "./files.ts";
import type { Secrets } from "./reporter/secrets.ts";
import { cleanEnvironment, runProgram } from "./run-program.ts";

/** Milliseconds for a program that hands out a secret: it may ask a vault. */
const programTimeoutMs = 30_000;

/**
 * The secret a reference leads to, masked from then on. Line ends at its end are not part of it.
 *
 * @throws CertwrightError `CLI_SECRET_MISSING`, `CLI_FILE_UNREADABLE`
 */
export async function readSecret(ref: SecretRef, what: string, context: CliContext, secrets: Secrets): Promise<string> {
  const value = (await fetchSecret(ref, what, context)).replace(/[\r\n]+$/, "");
  if (value === "") throw missing(`${what} is empty in ${describeRef(ref)}`);
  secrets.add(value);
  return value;
}

async function fetchSecret(ref: SecretRef, what: string, context: CliContext): Promise<string> {
  if ("file" in ref) return readSmallTextFile(ref.file);
  if ("env" in ref) {
    const value = context.env[ref.env];
    if (value === undefined || value === "") throw missing(`${what} is to come from ${ref.env}, which is not set`);
    return value;
  }
  const { exitCode, stdout } = await runProgram(ref.command, {
    env: cleanEnvironment(context.env),
    timeoutMs: programTimeoutMs,
    signal: context.stopper.signal,
  });
  if (exitCode !== 0) throw missing(`${ref.command[0]}, which is to print ${what}, ended with exit code ${exitCode}`);
  return stdout;
}

/** Reads `file:/path` and `env:NAME`; undefined for any other text, which is then the value itself. */
export function parseSecretRef(text: string, cwd: string): SecretRef | undefined {
  const [, kind, rest = ""] = /^(file|env):(.+)$/s.exec(text) ?? [];
  if (kind === "file") return { file: isAbsolute(rest) ? rest : resolve(cwd, rest) };
  return kind === "env" ? { env: rest } : undefined;
}

function describeRef(ref: SecretRef): string {
  if ("env" in ref) return ref.env;
  return "file" in ref ? ref.file : `the output of ${ref.command[0]}`;
}

function missing(message: string): Error {
  return cliError("CLI_SECRET_MISSING", message, { hint: "Set it where it is looked for, or refer to another place." });
}
