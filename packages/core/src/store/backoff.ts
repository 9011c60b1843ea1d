const minute = 60_000;
const hour = 60 * minute;
const longest = 24 * hour;

/**
 * Milliseconds to wait after the nth failure in a row: one minute, doubling up to a day, less up to a fifth so that what
 * failed together does not come back together.
 *
 * @param failures 1 for the first; any number is safe
 * @param random in [0, 1)
 * @param most never longer than this: see {@link bearablePause}
 */
export function backoffMs(failures: number, random: number, most: number = longest): number {
  const doublings = Math.min(Math.max(Math.trunc(failures), 1) - 1, 11);
  return Math.round(Math.min(minute * 2 ** doublings, longest, most) * (1 - 0.2 * random));
}

/**
 * The longest pause that a certificate still in use can bear: a twelfth of what is left of it, between an hour and a day.
 * A day is nothing to ninety, and a third of what a short-lived certificate has when it is due.
 */
export function bearablePause(leftMs: number): number {
  return Math.min(Math.max(leftMs / 12, hour), longest);
}

/** The longest pause a CA may ask for on behalf of a certificate in use: half of what is left of it, but at least an hour. */
export function longestAskedPause(leftMs: number): number {
  return Math.max(leftMs / 2, hour);
}

/** The longest `backoffMs` can be. */
export const longestBackoffMs = longest;
