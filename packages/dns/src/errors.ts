import { CertwrightError, type ErrorDetails } from "@certwright/provider";
import type { DnsErrorCode } from "./error-codes.ts";

export { messageOf } from "@certwright/provider";

/** Why one server out of several was of no use. */
export interface ServerFailure {
  /** The server as a person would write it, see `formatServer`. */
  readonly server: string;
  /** What it answered or did not, in a few words. */
  readonly reason: string;
  /** A response code (`SERVFAIL`), one of this package's error codes (`DNS_TIMEOUT`), or a `SightingState`. */
  readonly code: string;
}

/** Something failed at several servers; `failures` holds one entry for each, in the order they were given. */
export class DnsServersError extends CertwrightError {
  override readonly name: string = "DnsServersError";
  readonly failures: readonly ServerFailure[];

  constructor(code: DnsErrorCode, message: string, failures: readonly ServerFailure[], details: ErrorDetails = {}) {
    super(code, message, details);
    this.failures = failures;
  }
}

/** An error of this package; the type of `code` keeps the table of codes complete. */
export function dnsError(code: DnsErrorCode, message: string, details: ErrorDetails = {}): CertwrightError {
  return new CertwrightError(code, message, details);
}
