import type { CliContext } from "./context.ts";
import type { GlobalFlags } from "./declarations/global.ts";
import { type ExitCode, exitCodes } from "./exit-code.ts";
import { readCommandLine } from "./program.ts";
import { chooseReporter, type OutputFlags } from "./reporter/choose.ts";
import type { Reporter } from "./reporter/reporter.ts";
import { createSecrets } from "./reporter/secrets.ts";
import { version } from "./version.ts";

/** Runs one command line, without the program itself, to its exit code. Never throws. */
export async function runCommandLine(argv: readonly string[], context: CliContext): Promise<ExitCode> {
  const secrets = createSecrets();
  let reporter = chooseReporter(guessOutput(argv), context, secrets);
  try {
    const request = readCommandLine(argv, context, version);
    if (typeof request === "number") return request;
    const { declaration, args, flags, given, global } = request;
    reporter = chooseReporter(global, context, secrets, declaration.sumsUp);
    const module = await declaration.load?.();
    if (module === undefined) return exitCodes.done;
    const told = reporter;
    context.stopper.signal.addEventListener("abort", () => tellStop(context, told));
    const result = await module.run({
      context,
      flags,
      given,
      global,
      args,
      secrets,
      emit: (event) => {
        context.stopper.watch(event);
        told.emit(event);
      },
    });
    reporter.finish(result);
    return result.exitCode;
  } catch (error) {
    return reporter.fail(context.stopper.signal.aborted ? context.stopper.signal.reason : error);
  }
}

/** Says why Ctrl-C does not end the program at once. */
function tellStop({ stopper }: CliContext, reporter: Reporter): void {
  const count = stopper.present().length;
  if (count === 0) return;
  reporter.emit({
    type: "warning",
    code: "CLI_INTERRUPTED",
    message: `stopping; first removing ${count === 1 ? "1 TXT record" : `${count} TXT records`}`,
    hint: "Once more leaves at once.",
  });
}

/** The form of output for a command line that cannot be read. */
function guessOutput(argv: readonly string[]): OutputFlags {
  const flags: GlobalFlags = {
    state: undefined,
    json: argv.includes("--json"),
    quiet: false,
    debug: argv.includes("--debug"),
    color: !argv.includes("--no-color"),
    ci: undefined,
  };
  return flags;
}
