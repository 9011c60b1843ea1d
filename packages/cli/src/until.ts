import { usageError } from "./errors.ts";

/** A moment, or so many days from now. */
export type Until = { readonly at: Date } | { readonly days: number };

/**
 * Reads `2027-06-30` (its end, UTC), `2027-06-30T12:00:00Z` or `90d`.
 *
 * @throws CertwrightError `CLI_USAGE`
 */
export function readUntil(text: string): Until {
  const days = /^([1-9]\d{0,4})d$/.exec(text)?.[1];
  if (days !== undefined) return { days: Number(days) };
  const at = new Date(/^\d{4}-\d{2}-\d{2}$/.test(text) ? `${text}T23:59:59Z` : text);
  if (!/^\d{4}-\d{2}-\d{2}(?:T\d{2}:\d{2}(?::\d{2})?Z)?$/.test(text) || Number.isNaN(at.getTime())) {
    throw usageError(`--until cannot be ${JSON.stringify(text)}`, "Write a date, 2027-06-30, or days from now, 90d.");
  }
  return { at };
}

/** The moment meant. @throws CertwrightError `CLI_USAGE` for one that is over */
export function momentOf(until: Until, now: number): Date {
  const at = "at" in until ? until.at : new Date(now + until.days * 86_400_000);
  if (at.getTime() <= now) throw usageError(`--until ${at.toISOString()} is over already`, "Give a date to come.");
  return at;
}
