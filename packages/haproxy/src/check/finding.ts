import type { Finding } from "@certwright/core";
import type { HaproxyCheckCode } from "./error-codes.ts";

/** A finding of this check. @param subject a line of a file, a socket, a certificate */
export function finding(
  severity: Finding["severity"],
  code: HaproxyCheckCode,
  subject: string,
  message: string,
  hint: string,
): Finding {
  return { severity, code, subject, message, hint };
}
