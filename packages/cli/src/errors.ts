import { CertwrightError, type ErrorDetails } from "@certwright/provider/errors";
import type { CliErrorCode } from "./error-codes.ts";

/** An error the command line makes itself; its code stands in {@link cliErrorCodes}. */
export function cliError(code: CliErrorCode, message: string, details: ErrorDetails = {}): CertwrightError {
  return new CertwrightError(code, message, details);
}

/** Wrong usage: what is wrong, and what to write instead. */
export function usageError(message: string, hint?: string): CertwrightError {
  return cliError("CLI_USAGE", message, hint === undefined ? {} : { hint });
}
