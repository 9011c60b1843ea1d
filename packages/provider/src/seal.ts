import {
  type CertwrightError,
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
  readonly instance?: string | undefined;
  readonly operation?: ProviderOperation | undefined;
  readonly mask: Masker;
}

/**
 * Makes the error that leaves the provider layer out of whatever was thrown: always a ProviderError, with provider and
 * operation filled in, every text masked, and the cause reduced to its masked texts.
 */
export function sealError(error: unknown, { provider, instance, operation, mask }: SealContext): ProviderError {
  // Errors of other packages (of the DNS client, say) keep all but their code, which means nothing to the host here.
  const ours = isCertwrightError(error) ? (error as CertwrightError & Partial<ProviderError>) : undefined;
  const cause = ours === undefined ? error : ours.cause;
  const details: ProviderErrorDetails = {
    provider: ours?.provider ?? provider,
    ...optional("instance", ours?.instance ?? instance),
    ...optional("operation", ours?.operation ?? operation),
    ...optional("status", ours?.status),
    ...optional("retryAfter", ours?.retryAfter),
    ...optional("hint", ours?.hint === undefined ? undefined : mask(ours.hint)),
    ...(cause === undefined ? {} : { cause: maskError(cause, mask) }),
    uncertain: ours?.uncertain ?? false,
    ...optional("retryable", ours?.retryable),
  };
  const sealed =
    ours === undefined || !ours.code.startsWith("PROVIDER_")
      ? new ProviderError("PROVIDER_FAILED", `${provider} failed: ${printable(mask(messageOf(error)))}`, details)
      : new ProviderError(ours.code as ProviderErrorCode, mask(ours.message), details);
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
