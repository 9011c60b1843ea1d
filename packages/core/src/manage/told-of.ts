import { isCertwrightError } from "@certwright/provider";

/** An error as events tell it. */
export interface ToldError {
  readonly code: string;
  readonly message: string;
  readonly hint?: string;
}

/** @param otherwise the code of an error that has none */
export function toldOf(error: Error, otherwise = "INTERNAL"): ToldError {
  if (!isCertwrightError(error)) return { code: otherwise, message: error.message };
  const { code, message, hint } = error;
  return { code, message, ...(hint === undefined ? {} : { hint }) };
}
