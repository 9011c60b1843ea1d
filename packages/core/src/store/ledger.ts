import type { FullAgainAt } from "./bucket.ts";
import type { LimitExemption } from "./limits.ts";

/**
 * What is remembered of one CA, so that its limits are met before it has to say so. A value: every function here takes one
 * and returns the next. Times are milliseconds since 1970.
 */
export interface Ledger {
  readonly directoryUrl: string;
  /** By limit and subject. */
  readonly buckets: Readonly<Record<string, FullAgainAt>>;
  /** Orders under way, by certificate: counted as if they had been issued. */
  readonly reservations: Readonly<Record<string, Reservation>>;
  /** What the CA asked to be left alone with, by scope. */
  readonly holds: Readonly<Record<string, Hold>>;
  /** Identifiers the CA has paused, by account and identifier. */
  readonly paused: Readonly<Record<string, PausedName>>;
}

/** An order that was placed, or is about to be. */
export interface Reservation {
  readonly set: string;
  readonly domains: readonly string[];
  readonly exemption?: LimitExemption;
  readonly until: number;
}

/** The CA asked to be left alone. */
export interface Hold {
  readonly until: number;
  readonly reason: string;
}

/** The CA refuses an identifier until a person says otherwise. */
export interface PausedName {
  readonly since: number;
  /** Where a person lifts it. */
  readonly unpauseUrl?: string;
}

/** Longest time a CA is believed to want to be left alone. */
export const longestHoldMs = 7 * 24 * 3_600_000;
/** Longest time a CA is believed to want to be left alone by everyone: one wrong answer must not cost all certificates. */
export const longestOutageMs = 24 * 3_600_000;
/** An order that is neither issued nor given up by then is forgotten. */
export const reservedMs = 24 * 3_600_000;

export function emptyLedger(directoryUrl: string): Ledger {
  return { directoryUrl, buckets: {}, reservations: {}, holds: {}, paused: {} };
}

/** What a hold is about. */
export type HoldScope =
  | "ca"
  | { readonly account: string }
  | { readonly certificate: string }
  | { readonly identifier: string };

/** The CA answered 429 or 503 with Retry-After: nothing in this scope is tried before. Capped at seven days, for the whole CA at one. */
export function hold(ledger: Ledger, scope: HoldScope, retryAfterSeconds: number, reason: string, now: number): Ledger {
  const wait = Math.min(Math.max(retryAfterSeconds * 1000, 0), scope === "ca" ? longestOutageMs : longestHoldMs);
  if (!(wait > 0)) return ledger;
  return { ...ledger, holds: { ...ledger.holds, [holdKey(scope)]: { until: now + wait, reason } } };
}

/** Key of a scope in `Ledger.holds`. */
export function holdKey(scope: HoldScope): string {
  return scope === "ca" ? scope : Object.entries(scope).flat().join(" ");
}

/** Key of an account's identifier in `Ledger.paused`. */
export const pausedKey = (account: string, identifier: string) => `${account} ${identifier}`;

/** The CA has paused an identifier of this account. Orders are tried again after a day, or at the user's wish. */
export function pauseName(
  ledger: Ledger,
  account: string,
  identifier: string,
  unpauseUrl: string | undefined,
  now: number,
): Ledger {
  const paused: PausedName = { since: now, ...(unpauseUrl === undefined ? {} : { unpauseUrl }) };
  return { ...ledger, paused: { ...ledger.paused, [pausedKey(account, identifier)]: paused } };
}

/** An order was given up before anything was issued. */
export function released(ledger: Ledger, certificate: string): Ledger {
  if (own(ledger.reservations, certificate) === undefined) return ledger;
  return { ...ledger, reservations: without(ledger.reservations, (key) => key === certificate) };
}

const forgetPausesAfter = 90 * 24 * 3_600_000;

/** Without what no longer matters, so that a ledger is only as large as its limits have been busy. */
export function tidied(ledger: Ledger, now: number): Ledger {
  return {
    ...ledger,
    buckets: without(ledger.buckets, (_, fullAt) => fullAt <= now),
    reservations: without(ledger.reservations, (_, { until }) => until <= now || until > now + reservedMs),
    holds: without(ledger.holds, (_, { until }) => until <= now || until > now + longestHoldMs),
    paused: without(ledger.paused, (_, { since }) => since + forgetPausesAfter <= now),
  };
}

/** What a record itself has under a key, which may be any text: `constructor` too. */
export function own<T>(record: Readonly<Record<string, T>>, key: string): T | undefined {
  return Object.hasOwn(record, key) ? record[key] : undefined;
}

/** A record without the entries that meet a condition. */
export function without<T>(
  record: Readonly<Record<string, T>>,
  unwanted: (key: string, value: T) => boolean,
): Readonly<Record<string, T>> {
  const entries = Object.entries(record);
  const kept = entries.filter(([key, value]) => !unwanted(key, value));
  return kept.length === entries.length ? record : Object.fromEntries(kept);
}
