import { type Action, dueMoment, type StoredFacts } from "./plan.ts";

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

/** Milliseconds between two renewals of certificates that come back after so many milliseconds each. */
export function pauseBetween(returns: Iterable<number>): number {
  let perMs = 0;
  for (const time of returns) perMs += 1 / Math.max(time, 1);
  return Math.min(longestPause, 1 / (haste * perMs));
}

export function createPace(): Pace {
  const returns = new Map<string, number>();
  const waiting = new Map<string, number>();
  // When the turns given so far are over, one pause after the other.
  let busyUntil = 0;

  const forget = (certificate: string): void => {
    returns.delete(certificate);
    waiting.delete(certificate);
  };

  const turn = (certificate: string, latest: number, now: number): number | undefined => {
    const pause = pauseBetween(returns.values());
    waiting.set(certificate, latest);
    const free = Math.min(Math.max(busyUntil, now), now + atOnce * pause);
    const moment = Math.min(latest, free + (ahead(waiting, certificate, latest) + 1 - atOnce) * pause);
    if (moment > now) return Math.ceil(moment);
    waiting.delete(certificate);
    busyUntil = free + pause;
    return undefined;
  };

  return {
    turn: (action, stored, now) => {
      const { name } = action.spec;
      if (stored === undefined) forget(name);
      else returns.set(name, dueMoment(stored).at.getTime() - stored.notBefore.getTime());
      if (action.do === "issue" && action.latest !== undefined) return turn(name, action.latest.getTime(), now);
      waiting.delete(name);
      return undefined;
    },
    forget,
  };
}

/** How many of those that wait go before this one. */
function ahead(waiting: ReadonlyMap<string, number>, certificate: string, latest: number): number {
  let count = 0;
  for (const [name, other] of waiting) {
    if (other < latest || (other === latest && name < certificate)) count += 1;
  }
  return count;
}
