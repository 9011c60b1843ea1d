import { isAbsolute, resolve } from "node:path";
import type { SecretRef } from "@certwright/core";
import type { SecretSources } from "@certwright/core/config";
import type { Surroundings } from "./command.ts";

/**
 * The secret a reference leads to, masked from then on. Line ends at its end are not part of it.
 *
 * @throws CertwrightError `CONFIG_SECRET_...`
 */
export async function readSecret(ref: SecretRef, { context, secrets, emit }: Surroundings): Promise<string> {
  const { env, stopper } = context;
  const { createSecretSources, resolveSecret } = await import("@certwright/core/config");
  const warn: SecretSources["warn"] = (warning) => emit({ type: "warning", ...warning });
  const value = await resolveSecret(ref, createSecretSources({ env, signal: stopper.signal, warn }));
  secrets.add(value);
  return value;
}

/** Reads `file:/path` and `env:NAME`; undefined for any other text, which is then the value itself. */
export function parseSecretRef(text: string, cwd: string): SecretRef | undefined {
  const [, kind, rest = ""] = /^(file|env):(.+)$/s.exec(text) ?? [];
  if (kind === "file") return { file: isAbsolute(rest) ? rest : resolve(cwd, rest) };
  return kind === "env" ? { env: rest } : undefined;
}
