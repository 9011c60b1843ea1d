import { resolve } from "node:path";
import { type Config, ConfigError, showFault } from "@certwright/core/config";
import { tryStore } from "@certwright/core/store";
import type { CommandResult, Invocation } from "../command.ts";
import { requireConfigFile } from "../config/open-config.ts";
import { readConfigFile } from "../config/read-config-file.ts";
import { secretRefsOf } from "../config/secret-refs.ts";
import type { configCheckFlags } from "../declarations/config.ts";
import { exitCodes } from "../exit-code.ts";
import { explain } from "../reporter/explain.ts";
import { countOf } from "../reporter/words.ts";
import { readSecret } from "../secret-ref.ts";
import { openState } from "../state/open-state.ts";

type CheckInvocation = Invocation<typeof configCheckFlags>;

/** Reads the configuration, and tells all that is wrong with it. */
export async function run(invocation: CheckInvocation): Promise<CommandResult> {
  const { args, flags, context } = invocation;
  const [named] = args;
  const file = named === undefined ? await requireConfigFile(invocation) : resolve(context.cwd, named);
  try {
    const config = await readConfigFile(file);
    const missing = flags.secrets ? await missingSecrets(config, invocation) : [];
    if (flags.store) await tryStore(await openState(invocation, config), context.stopper.signal);
    return {
      exitCode: missing.length === 0 ? exitCodes.done : exitCodes.usage,
      result: { file, certificates: config.certificates.map(({ name }) => name), faults: [], secrets: missing },
      lines: [
        ...missing.map(({ path, code, message }) => `${file}: ${path}: ${code}: ${message}`),
        ...(missing.length === 0 ? [`${file} is right: ${summary(config)}`] : []),
      ],
    };
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return {
      exitCode: exitCodes.usage,
      result: { file, faults: error.faults },
      lines: error.faults.map((fault) => showFault(file, fault)),
      errors: [error],
    };
  }
}

async function missingSecrets(config: Config, invocation: CheckInvocation) {
  const missing: { readonly path: string; readonly code: string; readonly message: string }[] = [];
  // One after another: programs that hand out secrets may ask a person.
  for (const { path, ref } of secretRefsOf(config.settings)) {
    try {
      await readSecret(ref, invocation);
    } catch (error) {
      invocation.context.stopper.signal.throwIfAborted();
      const { code, message } = explain(error);
      missing.push({ path, code, message });
    }
  }
  return missing;
}

function summary({ certificates, settings }: Config): string {
  return [
    countOf(certificates.length, "certificate"),
    countOf(Object.keys(settings.providers).length, "provider"),
    countOf(new Set(certificates.flatMap(({ deploy }) => deploy)).size, "target"),
  ].join(", ");
}
