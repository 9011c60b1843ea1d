import type { ProviderError } from "./errors.ts";

/** How often one call is tried at most. */
const mostTries = 4;

/** Milliseconds one call may spend waiting for the API to be willing again. */
const waitBudget = 60_000;

/** Seconds of a `Retry-After` header, from a number or a date (RFC 9110 section 10.2.3); undefined when it is neither. */
export function retryAfterSeconds(header: string | null, now: number): number | undefined {
  if (header === null) return undefined;
  const text = header.trim();
  if (/^\d{1,9}(\.\d{1,6})?$/.test(text)) return Math.ceil(Number(text));
  // Only the forms of HTTP dates: Date.parse reads nearly anything as some date.
  if (!/^[A-Za-z]{3,9},? .*\d{2}:\d{2}:\d{2}/.test(text)) return undefined;
  const date = Date.parse(text);
  return Number.isNaN(date) ? undefined : Math.max(0, Math.ceil((date - now) / 1000));
}

/** What a decision about another try depends on. */
export interface RetryState {
  /** Tries made so far, at least 1. */
  readonly tries: number;
  /** Milliseconds waited so far. */
  readonly waited: number;
  /** Whether a request that may have been carried out may be sent again. */
  readonly repeat: boolean;
  /** A number in [0, 1). */
  readonly random: number;
}

/** Milliseconds to wait before the next try, or undefined when this failure is final. */
export function waitBeforeRetry(
  error: ProviderError,
  { tries, waited, repeat, random }: RetryState,
): number | undefined {
  if (!error.retryable || tries >= mostTries) return undefined;
  const refused = error.code === "PROVIDER_RATE_LIMITED";
  if (error.uncertain && !repeat && !refused) return undefined;
  const asked = error.retryAfter === undefined ? undefined : error.retryAfter * 1000;
  // Rate limits count in seconds or minutes, failures pass in less; the random half keeps many clients apart.
  const step = (refused ? 2000 : 500) * 2 ** (tries - 1);
  const wait = asked ?? Math.round(step / 2 + (step / 2) * random);
  return waited + wait > waitBudget ? undefined : wait;
}
