import { exitCodeOf, isWell } from "../exit-code.ts";
import { outputVersion } from "../output/output-version.ts";
import { cleanJson } from "./clean.ts";
import { explain } from "./explain.ts";
import { type Reporter, type ReporterSetup, writeError, writeStacks } from "./reporter.ts";

/**
 * One JSON object per line: `{version, time, type, ...}` for each event, at last one of type `result` with `ok` and `exitCode`
 * and either the command's answer or `error`. Errors also go to standard error, for whoever reads the log.
 */
export function createJsonReporter(setup: ReporterSetup): Reporter {
  const { context, secrets, debug } = setup;
  const write = (object: Readonly<Record<string, unknown>>) => {
    const time = new Date(context.now()).toISOString();
    context.stdout.write(
      `${cleanJson(JSON.stringify(secrets.maskAll({ version: outputVersion, time, ...object })))}\n`,
    );
  };
  return {
    emit: write,
    finish: ({ exitCode, result, errors }) => {
      write({ type: "result", ok: isWell(exitCode), exitCode, ...result });
      writeStacks(errors, setup);
    },
    fail: (error) => {
      const exitCode = exitCodeOf(error);
      const { stack, ...explained } = explain(error);
      write({ type: "result", ok: false, exitCode, error: debug ? { ...explained, stack } : explained });
      return writeError(error, setup);
    },
  };
}
