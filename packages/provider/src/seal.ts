import {
  isCertwrightError,
  ProviderError,
  type ProviderErrorCode,
  type ProviderErrorDetails,
  type ProviderOperation,
} from "./errors.ts";
import { type Masker, maskError, printable } from "./mask.ts";

/** Who failed, doing what. */
export interface SealContext {
  readonly provider: string;
  readonly operation?: ProviderOperation | undefined;
  readonly mask: Masker;
}

/**
 * Makes the error that leaves the provider layer out of whatever was thrown: always a ProviderError, with provider and
 * operation filled in, every text masked, and the cause reduced to its masked texts.
 */
export function sealError(error: unknown, { provider, operation, mask }: SealContext): ProviderError {
  const known =
    isCertwrightError(error) && error.code.startsWith("PROVIDER_")
      ? (error as Partial<ProviderError> & Error)
      : undefined;
  const cause = known === undefined ? error : known.cause;
  const details: ProviderErrorDetails = {
    provider: known?.provider ?? provider,
    ...optional("operation", known?.operation ?? operation),
    ...optional("status", known?.status),
    ...optional("retryAfter", known?.retryAfter),
    ...optional("hint", known?.hint === undefined ? undefined : mask(known.hint)),
    ...(cause === undefined ? {} : { cause: maskError(cause, mask) }),
    uncertain: known?.uncertain ?? false,
    ...optional("retryable", known?.retryable),
  };
  const sealed =
    known === undefined
      ? new ProviderError("PROVIDER_FAILED", `${provider} failed: ${printable(mask(messageOf(error)))}`, details)
      : new ProviderError(known.code as ProviderErrorCode, mask(known.message), details);
  if (error instanceof Error && error.stack !== undefined) sealed.stack = mask(error.stack);
  return sealed;
}

function optional<K extends string, V>(key: K, value: V | undefined): { [P in K]?: V } {
  return (value === undefined ? {} : { [key]: value }) as { [P in K]?: V };
}

function messageOf(error: unknown): string {
  if (error instanceof Error) return error.message === "" ? error.name : error.message;
  return typeof error === "string" ? error : "something that is no error was thrown";
}
