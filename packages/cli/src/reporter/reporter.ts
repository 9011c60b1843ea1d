import type { Emit } from "@certwright/core";
import type { CommandResult } from "../command.ts";
import type { CliContext } from "../context.ts";
import { type ExitCode, exitCodeOf } from "../exit-code.ts";
import { clean } from "./clean.ts";
import { type Explained, explain } from "./explain.ts";
import type { Paint } from "./paint.ts";
import type { Secrets } from "./secrets.ts";

/** One form of output. The only place where a command's doings are printed, and where secrets are masked. */
export interface Reporter {
  readonly emit: Emit;
  /** The answer of a command that ended. */
  finish(result: CommandResult): void;
  /** The error that ended it. */
  fail(error: unknown): ExitCode;
}

/** What every form needs. */
export interface ReporterSetup {
  readonly context: Pick<CliContext, "stdout" | "stderr" | "now" | "every">;
  readonly secrets: Secrets;
  readonly paint: Paint;
  /** For standard error, which may go elsewhere. */
  readonly errorPaint: Paint;
  readonly quiet: boolean;
  readonly debug: boolean;
}

/** The text as it may be shown: no secret, no control character. */
export function shown(text: string, { secrets }: Pick<ReporterSetup, "secrets">): string {
  return clean(secrets.mask(text));
}

/** Lines written at a time: each write is a call of the system, and some answers have 100,000 lines. */
const linesAtOnce = 500;

/** The lines of an answer. */
export function writeLines(lines: Iterable<string>, setup: ReporterSetup): void {
  let some: string[] = [];
  const flush = (): void => {
    if (some.length > 0) setup.context.stdout.write(some.join(""));
    some = [];
  };
  for (const line of lines) {
    some.push(`${shown(line, setup)}\n`);
    if (some.length === linesAtOnce) flush();
  }
  flush();
}

/** `error CODE: message`, the hint under it, and for --debug the stack. */
export function writeError(error: unknown, setup: ReporterSetup): ExitCode {
  for (const line of errorLines(explain(error), setup)) setup.context.stderr.write(`${line}\n`);
  return exitCodeOf(error);
}

/** For --debug: where errors that were told before came from. */
export function writeStacks(errors: readonly Error[] = [], setup: ReporterSetup): void {
  if (!setup.debug) return;
  for (const error of errors) {
    for (const line of explain(error).stack) {
      setup.context.stderr.write(`${setup.errorPaint.dim(`  ${shown(line, setup)}`)}\n`);
    }
  }
}

function errorLines({ code, message, details = [], hint, stack }: Explained, setup: ReporterSetup): readonly string[] {
  const { errorPaint: paint } = setup;
  return [
    `${paint.bad("error")} ${paint.strong(code)}: ${shown(message, setup)}`,
    ...details.map((line) => shown(line, setup)),
    ...(hint === undefined ? [] : [`  ${shown(hint, setup)}`]),
    ...(setup.debug ? stack.map((line) => paint.dim(`  ${shown(line, setup)}`)) : []),
  ];
}
