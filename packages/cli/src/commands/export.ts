import { resolve } from "node:path";
import { deployable } from "@certwright/core";
import { readCertificate } from "@certwright/core/store";
import { exportCertificate, readExportWords } from "@certwright/export";
import type { CommandResult, Invocation } from "../command.ts";
import type { exportFlags } from "../declarations/export.ts";
import { usageError } from "../errors.ts";
import { exitCodes } from "../exit-code.ts";
import { createNodeSecrets } from "../parts/node-secrets.ts";
import { openOnlyState } from "../state/open-state.ts";
import { onlyCertificate } from "../stored-certificates.ts";

/** A stored certificate, once, to a file. */
export async function run(invocation: Invocation<typeof exportFlags>): Promise<CommandResult> {
  const { args, flags, context, emit } = invocation;
  const [name = ""] = args;
  if (flags.out === undefined) throw usageError("nothing says where to", "Give the file with --out.");
  const { format, parts, owner, mode, password, passwordFile } = flags;
  const request = readExportWords({
    path: resolve(context.cwd, flags.out),
    format,
    parts: parts.length === 0 ? undefined : parts.join(","),
    owner,
    mode,
    password: password?.replace(/^file:(?=[^/])/, `file:${context.cwd}/`),
    passwordFile: passwordFile === undefined ? undefined : resolve(context.cwd, passwordFile),
  });
  const store = await openOnlyState(invocation);
  await onlyCertificate(store, name);
  const stored = await readCertificate(store, name);
  if (stored === undefined) throw usageError(`${name} has no certificate`, "See: certwright list");
  const { exported } = createNodeSecrets(invocation, undefined);
  const files = await exportCertificate(request, deployable(stored), exported);
  for (const { warning } of files)
    if (warning !== undefined) emit({ type: "warning", code: "EXPORT_OPEN", message: warning, certificate: name });
  return {
    exitCode: exitCodes.done,
    result: { certificate: name, files: files.map(({ path, action }) => ({ path, action })) },
    lines: files.map(({ path, action }) => `${path} ${action}`),
  };
}
