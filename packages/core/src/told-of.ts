import { type CertwrightError, isCertwrightError } from "@certwright/provider/errors";
import type { coreErrorCodes } from "./error-codes.ts";

/** An error as it is told: the same in events, results and what is remembered. */
export interface ToldError {
  readonly code: string;
  readonly message: string;
  readonly hint?: string;
}

/** Any thrown value, with the code it has wherever it is told. */
export function toldOf(thrown: unknown): ToldError {
  const error = firstOf(thrown);
  const others = error === thrown ? 0 : (thrown as AggregateError).errors.length - 1;
  const { message, ...told } = isCertwrightError(error) ? own(error) : foreign(error);
  return { ...told, message: others === 0 ? message : `${message} (and ${others} more)` };
}

/** Of several errors the one by which they are told. */
export function firstOf(thrown: unknown): unknown {
  return thrown instanceof AggregateError && thrown.errors.length > 0 ? firstOf(thrown.errors[0]) : thrown;
}

function own({ code, message, hint }: CertwrightError): ToldError {
  return { code, message, ...(hint === undefined ? {} : { hint }) };
}

function foreign(error: unknown): ToldError {
  if (error instanceof Error && "syscall" in error && "code" in error) {
    return coded("SYSTEM", error.message, "Check the path, its owner and mode, and the free space there.");
  }
  const message = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  return coded("INTERNAL", message, "This is a fault in Certwright. Run again with --debug and report what it prints.");
}

function coded(code: keyof typeof coreErrorCodes, message: string, hint: string): ToldError {
  return { code, message, hint };
}
