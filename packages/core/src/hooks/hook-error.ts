import { CertwrightError, type ErrorDetails } from "@certwright/provider";

/** A hook failed: code `HOOK_FAILED`, or that of a program that could not run. */
export class HookError extends CertwrightError {
  override readonly name: string = "HookError";
  /** As it is called in the configuration. */
  readonly hook: string;
  /** Undefined where it did not end by itself. */
  readonly exitCode: number | undefined;
  /** The last lines it printed, standard error after standard output, without secrets. */
  readonly output: readonly string[];

  constructor(
    code: string,
    message: string,
    details: ErrorDetails & { readonly hook: string; readonly exitCode?: number; readonly output?: readonly string[] },
  ) {
    super(code, message, details);
    this.hook = details.hook;
    this.exitCode = details.exitCode;
    this.output = details.output ?? [];
  }
}
