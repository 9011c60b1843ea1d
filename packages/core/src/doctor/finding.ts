import { isCertwrightError, messageOf } from "@certwright/provider";
import type { DoctorCode } from "./error-codes.ts";

/** One thing found that keeps, or may keep, a certificate from being issued. */
export interface Finding {
  /** `error`: it will not work like this. `warning`: it may. `note`: good to know. */
  readonly severity: "error" | "warning" | "note";
  /** Stable: one of {@link doctorErrorCodes}, or the code of the error that was met. */
  readonly code: string;
  /** What it is about: a name, a zone, a server, the CA. */
  readonly subject: string;
  readonly message: string;
  /** What to do. */
  readonly hint?: string;
}

/** A finding of our own. */
export function finding(
  severity: Finding["severity"],
  code: DoctorCode,
  subject: string,
  message: string,
  hint: string,
): Finding {
  return { severity, code, subject, message, hint };
}

/** An error as a finding, by its own code where it has one. */
export function findingOf(error: unknown, code: DoctorCode, subject: string): Finding {
  const message = messageOf(error);
  const hint = isCertwrightError(error) ? error.hint : undefined;
  return {
    severity: "error",
    code: isCertwrightError(error) ? error.code : code,
    subject,
    message,
    ...(hint === undefined ? {} : { hint }),
  };
}
