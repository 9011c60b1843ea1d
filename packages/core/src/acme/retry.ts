import { isCertwrightError } from "@certwright/provider";
import { AcmeNetworkError } from "./network-error.ts";
import { AcmeProblem, isProblem } from "./problem.ts";

/** How long one call may keep trying. */
export interface RetryPolicy {
  /** Tries after a lost connection, a 5xx or a short Retry-After. Default: 4. */
  readonly attempts: number;
  /** Tries after `badNonce`. Default: 12, enough where a CA refuses one in three. */
  readonly badNonces: number;
  /** Seconds one call may spend waiting between tries; a longer Retry-After is thrown at once. Default: 30. */
  readonly waitSeconds: number;
}

/** The policy where none is given. */
export const defaultRetryPolicy: RetryPolicy = { attempts: 4, badNonces: 12, waitSeconds: 30 };

/** What one call has gone through so far. */
export interface RetryState {
  readonly failures: number;
  readonly badNonces: number;
  readonly waited: number;
}

/** Seconds to wait before trying again, or undefined where the error is final for this call. Pure. */
export function pauseBeforeRetry(
  error: unknown,
  state: RetryState,
  policy: RetryPolicy,
  random: number,
  repeatable: boolean,
): number | undefined {
  if (isProblem(error, "badNonce")) return state.badNonces < policy.badNonces ? 0 : undefined;
  if (!isCertwrightError(error) || state.failures + 1 >= policy.attempts) return undefined;
  if (!mayRepeat(error, repeatable)) return undefined;
  // A host that stays silent has cost a minute already: once more, after a pause long enough to be told of; then it ends.
  const isSilent = error.code === "ACME_TIMEOUT";
  if (isSilent && state.failures > 0) return undefined;
  const backoff = isSilent ? 1 : Math.min(0.25 * 2 ** Math.min(state.failures, 10), 8);
  // Never earlier than asked for, and never all clients at the same moment.
  const pause = Math.max(error.retryAfter ?? 0, backoff) * (1 + random / 4);
  return state.waited + pause <= policy.waitSeconds ? pause : undefined;
}

function mayRepeat(error: Error & { readonly retryAfter?: number | undefined }, repeatable: boolean): boolean {
  if (error instanceof AcmeNetworkError) return error.retryable && (repeatable || !error.uncertain);
  if (!(error instanceof AcmeProblem)) return false;
  // A limit without a date is not waited for: guessing would only use it up.
  if (error.status === 429) return error.retryAfter !== undefined;
  if (error.status === 503) return true;
  return repeatable && error.status !== undefined && error.status >= 500;
}
