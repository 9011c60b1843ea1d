import { type Action, dueMoment, type StoredFacts } from "./plan.ts";
import { createRanks } from "./ranks.ts";

/**
 * Spreads the ordinary renewals of a service, so that certificates issued together, or kept waiting together by a CA that
 * was down, do not come in the same hour, nor ever again. Of those that wait, the one that bears it least goes first; none
 * waits beyond the moment at which it must be renewed, and nothing but an ordinary renewal waits at all.
 */
export interface Pace {
  /**
   * Asks for the turn of what was planned: undefined, now, and then it is used up; else when to ask again. Every look has
   * to ask, since the pace is made of how often the certificates come back. Times are milliseconds since 1970.
   */
  turn(action: Action, stored: StoredFacts | undefined, now: number): number | undefined;
  /** Nothing more is to be expected of a certificate. */
  forget(certificate: string): void;
}

/** Renewals go at twice the rate at which they fall due on average, so that a backlog ends and yet no hour is crowded. */
const haste = 2;
/** So many may go at once, after a quiet time. */
const atOnce = 2;
/** Longest pause between two, so that those with few certificates hardly notice. */
const longestPause = 600_000;

/** Milliseconds between two renewals, where so many certificates come back in a millisecond on average. */
export function pauseBetween(perMs: number): number {
  return perMs > 0 ? Math.min(longestPause, 1 / (haste * perMs)) : longestPause;
}

export function createPace(): Pace {
  const rates = new Map<string, number>();
  const waiting = createRanks();
  // Their sum; of 100,000 it is not added up anew for each.
  let perMs = 0;
  // When the turns given so far are over, one pause after the other.
  let busyUntil = 0;

  const setRate = (certificate: string, rate: number): void => {
    perMs += rate - (rates.get(certificate) ?? 0);
    rates.set(certificate, rate);
  };

  const forget = (certificate: string): void => {
    setRate(certificate, 0);
    rates.delete(certificate);
    waiting.remove(certificate);
  };

  const turn = (certificate: string, latest: number, now: number): number | undefined => {
    const pause = pauseBetween(perMs);
    const ahead = waiting.place(certificate, latest);
    const free = Math.min(Math.max(busyUntil, now), now + atOnce * pause);
    const moment = Math.min(latest, free + (ahead + 1 - atOnce) * pause);
    if (moment > now) return Math.ceil(moment);
    waiting.remove(certificate);
    busyUntil = free + pause;
    return undefined;
  };

  return {
    turn: (action, stored, now) => {
      const { name } = action.spec;
      if (stored === undefined) forget(name);
      else setRate(name, 1 / Math.max(dueMoment(stored).at.getTime() - stored.notBefore.getTime(), 1));
      if (action.do === "issue" && action.latest !== undefined) return turn(name, action.latest.getTime(), now);
      waiting.remove(name);
      return undefined;
    },
    forget,
  };
}
