import type { Limit } from "./limits.ts";

/**
 * A bucket as one number, the moment at which it will be full again (generic cell rate algorithm, which Boulder uses for
 * Let's Encrypt's limits as well). A bucket not in the ledger is full now.
 */
export type FullAgainAt = number;

/** Time in which one token comes back. */
const perToken = ({ count, periodMs }: Limit) => periodMs / count;

/**
 * A moment that cannot be: no bucket takes longer than its period to fill. The clock was wrong when it was written, and a
 * full bucket is the safe reading, as the CA itself still counts.
 */
function plausible(fullAt: FullAgainAt | undefined, { periodMs }: Limit, now: number): FullAgainAt {
  return fullAt === undefined || fullAt <= now || fullAt > now + periodMs ? now : fullAt;
}

/** When `tokens` can be taken at once; not later than `now` means now. */
export function availableAt(fullAt: FullAgainAt | undefined, limit: Limit, tokens: number, now: number): number {
  return plausible(fullAt, limit, now) + tokens * perToken(limit) - limit.periodMs;
}

/** The bucket after `tokens` were taken, even if they were not there: never emptier than empty. */
export function take(fullAt: FullAgainAt | undefined, limit: Limit, tokens: number, now: number): FullAgainAt {
  return Math.min(plausible(fullAt, limit, now) + tokens * perToken(limit), now + limit.periodMs);
}
