/** What every Certwright error may carry besides its message. */
export interface ErrorDetails {
  /** What the person should do next, as a sentence. */
  readonly hint?: string;
  /** The error behind this one. */
  readonly cause?: unknown;
  /** Seconds after which trying again makes sense, as the other side asked for. */
  readonly retryAfter?: number;
  /** True where the same call may succeed later without anybody changing anything. Default: false. */
  readonly retryable?: boolean;
}

/**
 * The base of every error a user can meet.
 *
 * `code` is stable and upper snake case; callers in other packages compare `code`, never `instanceof`,
 * because two copies of a package may be loaded. Each package keeps its codes in one `error-codes.ts` table.
 */
export class CertwrightError extends Error {
  override readonly name: string = "CertwrightError";
  readonly code: string;
  readonly hint: string | undefined;
  readonly retryAfter: number | undefined;
  readonly retryable: boolean;

  constructor(code: string, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
    this.hint = details.hint;
    this.retryAfter = details.retryAfter;
    this.retryable = details.retryable ?? details.retryAfter !== undefined;
  }
}

/** True for any error that follows the {@link CertwrightError} contract, whichever copy of the class made it. */
export function isCertwrightError(error: unknown): error is CertwrightError {
  return error instanceof Error && "code" in error && typeof error.code === "string" && "retryable" in error;
}

/** The text of anything thrown, without a stack. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** What was thrown, as an Error. */
export function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown));
}

/** What a provider was doing when it failed. */
export type ProviderOperation = "configure" | "zones" | "read" | "add" | "remove" | "inSync";

/** How a DNS API failed, as far as the host must tell cases apart. The table of meanings is `providerErrorCodes`. */
export type ProviderErrorCode =
  | "PROVIDER_AUTH"
  | "PROVIDER_FORBIDDEN"
  | "PROVIDER_ZONE_NOT_FOUND"
  | "PROVIDER_NOT_FOUND"
  | "PROVIDER_RATE_LIMITED"
  | "PROVIDER_CONFLICT"
  | "PROVIDER_QUOTA"
  | "PROVIDER_INVALID"
  | "PROVIDER_UNAVAILABLE"
  | "PROVIDER_TIMEOUT"
  | "PROVIDER_BAD_ANSWER"
  | "PROVIDER_HOST_NOT_DECLARED"
  | "PROVIDER_UNSUPPORTED"
  | "PROVIDER_FAILED";

/** Details of a failed call to a DNS API. */
export interface ProviderErrorDetails extends ErrorDetails {
  readonly provider?: string;
  /** The name of the account in the configuration. */
  readonly instance?: string;
  readonly operation?: ProviderOperation;
  /** HTTP status, where there was one. */
  readonly status?: number;
  /**
   * True when the request may have been carried out although it failed (a timeout or a cut connection after it
   * was sent). The host then reads back or repeats the operation, which every provider makes harmless.
   */
  readonly uncertain?: boolean;
}

/** Failures that pass by themselves: retryable unless the details say otherwise. */
const passing: ReadonlySet<ProviderErrorCode> = new Set([
  "PROVIDER_RATE_LIMITED",
  "PROVIDER_UNAVAILABLE",
  "PROVIDER_TIMEOUT",
]);

/** A DNS provider, or the API behind it, failed. Never holds a secret once it has left the provider. */
export class ProviderError extends CertwrightError {
  override readonly name: string = "ProviderError";
  readonly provider: string | undefined;
  readonly instance: string | undefined;
  readonly operation: ProviderOperation | undefined;
  readonly status: number | undefined;
  readonly uncertain: boolean;

  constructor(code: ProviderErrorCode, message: string, details: ProviderErrorDetails = {}) {
    super(code, message, { retryable: passing.has(code) || details.retryAfter !== undefined, ...details });
    this.provider = details.provider;
    this.instance = details.instance;
    this.operation = details.operation;
    this.status = details.status;
    this.uncertain = details.uncertain ?? false;
  }
}
