const minute = 60_000;
const longest = 24 * 60 * minute;

/**
 * Milliseconds to wait after the nth failure in a row: one minute, doubling up to a day, less up to a fifth so that what
 * failed together does not come back together.
 *
 * @param failures 1 for the first; any number is safe
 * @param random in [0, 1)
 */
export function backoffMs(failures: number, random: number): number {
  const doublings = Math.min(Math.max(Math.trunc(failures), 1) - 1, 11);
  return Math.round(Math.min(minute * 2 ** doublings, longest) * (1 - 0.2 * random));
}

/** The longest `backoffMs` can be. */
export const longestBackoffMs = longest;
