import type { CertificateResult, Emit } from "@certwright/core";
import type { CliContext } from "./context.ts";
import type { GlobalFlags } from "./declarations/global.ts";
import type { ExitCode } from "./exit-code.ts";
import type { Flags, FlagValues } from "./flags.ts";
import type { Secrets } from "./reporter/secrets.ts";

/** A command as the command line shows it: data alone, so that help costs nothing; the code behind it is loaded when it runs. */
export interface Declaration<F extends Flags = Flags> {
  readonly name: string;
  readonly aliases?: readonly string[];
  /** One line for the list of commands. */
  readonly summary: string;
  /** What the command's own help begins with, where the summary does not say enough. */
  readonly description?: string;
  /** Heading in the list of commands. */
  readonly group: string;
  /** As commander writes them: `<name>`, `[names...]`, with what each is. */
  readonly args?: readonly {
    readonly usage: string;
    readonly description: string;
    readonly complete?: Flag["complete"];
  }[];
  readonly flags: F;
  /** Whether its result is what came of certificates, which CI systems get as a summary and outputs. */
  readonly sumsUp?: boolean;
  /** Whole command lines and what each does. */
  readonly examples?: readonly (readonly [command: string, does: string])[];
  /** The module that does it; left out where `commands` has all there is. */
  readonly load?: () => Promise<CommandModule>;
  /** Commands below this one: `dns set`. */
  readonly commands?: readonly Declaration[];
}

type Flag = Flags[string];

/** What a command's module exports. */
export interface CommandModule {
  // biome-ignore lint/suspicious/noExplicitAny: each command states its own flags; program.ts reads them by the same declaration.
  readonly run: (invocation: Invocation<any>) => Promise<CommandResult>;
}

/** What everything a command opens is given of it. */
export interface Surroundings {
  readonly context: CliContext;
  /** Tells what happens, to whatever form of output was chosen. */
  readonly emit: Emit;
  /** Values never to be shown; whoever reads one adds it before it is used. */
  readonly secrets: Secrets;
}

/** All a command is given. */
export interface Invocation<F extends Flags = Flags> extends Surroundings {
  readonly flags: FlagValues<F>;
  /** Keys of the flags on the command line, in their order. */
  readonly given: readonly string[];
  readonly global: GlobalFlags;
  readonly args: readonly string[];
}

/** What a command ends with; commands never print. */
export interface CommandResult {
  readonly exitCode: ExitCode;
  /** The answer for `--json`: plain JSON. */
  readonly result: Readonly<Record<string, unknown>>;
  /** The answer for a person. */
  readonly lines: Iterable<string>;
  /** Errors told already as they happened; --debug shows their stacks. */
  readonly errors?: readonly Error[];
  /** What came of each certificate, for the CI system's page of the run. */
  readonly certificates?: readonly CertificateResult[];
}
