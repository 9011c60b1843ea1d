import { longestBackoffMs } from "./backoff.ts";
import { availableAt, type FullAgainAt, take } from "./bucket.ts";
import { holdKey, type Ledger, longestHoldMs, pausedKey, reservedMs } from "./ledger.ts";
import { type CaLimits, type Limit, ownLimits } from "./limits.ts";
import { bucketKey, type OrderRequest, setId, subjects } from "./order-request.ts";

/** Whether an order may be placed now; if not, when and why. */
export type Slot =
  | { readonly allowed: true }
  | {
      readonly allowed: false;
      /** When the order may be placed, as far as this cause goes. */
      readonly at: number;
      readonly cause: "limit" | "own-limit" | "hold" | "paused" | "backoff";
      /** The limit that is reached, by id. */
      readonly limit?: string;
      /** Limits: what all share that wait for the same, and how long each has to wait for the one before it, in milliseconds. */
      readonly queue?: { readonly key: string; readonly eachMs: number };
      /** For people: a sentence without its full stop. */
      readonly reason: string;
      readonly unpauseUrl?: string;
      /** Backoff: code of the failure before. */
      readonly code?: string;
    };

type Refusal = Extract<Slot, { allowed: false }>;

const day = 24 * 3_600_000;

/**
 * Whether an order may be placed now; if not, the reason that holds longest. `limits` are the CA's, where known.
 *
 * Moments that lie further ahead than they can are taken for the work of a wrong clock and ignored.
 */
export function nextSlot(ledger: Ledger, limits: CaLimits | undefined, request: OrderRequest, now: number): Slot {
  const refusals = [
    ...pauses(ledger, request, now),
    ...holds(ledger, request, now),
    ...(request.force ? [] : backoff(request, now)),
    ...(request.force ? [] : ownLimits.flatMap((limit) => reachedOwn(limit, request, now))),
    ...(limits?.limits ?? []).flatMap((limit) => reached(ledger, limit, request, now)),
  ];
  const later = (a: Refusal, b: Refusal) => (b.at > a.at ? b : a);
  return refusals.length === 0 ? { allowed: true } : refusals.reduce(later);
}

function pauses({ paused }: Ledger, { account, identifiers, force }: OrderRequest, now: number): Refusal[] {
  if (account === undefined || force) return [];
  return identifiers.flatMap(({ value }) => {
    const pause = paused[pausedKey(account, value)];
    if (pause === undefined || pause.since > now || pause.since + day <= now) return [];
    const { since, unpauseUrl } = pause;
    const reason = `the CA has paused ${value} for this account after too many failures`;
    return [
      { allowed: false, cause: "paused", at: since + day, reason, ...(unpauseUrl === undefined ? {} : { unpauseUrl }) },
    ];
  });
}

function holds(ledger: Ledger, { account, certificate, identifiers }: OrderRequest, now: number): Refusal[] {
  const keys = [
    holdKey("ca"),
    ...(account === undefined ? [] : [holdKey({ account })]),
    holdKey({ certificate }),
    ...identifiers.map(({ value }) => holdKey({ identifier: value })),
  ];
  return keys.flatMap((key) => {
    const hold = ledger.holds[key];
    if (hold === undefined || hold.until <= now || hold.until > now + longestHoldMs) return [];
    return [{ allowed: false, cause: "hold", at: hold.until, reason: `the CA asked to wait: ${hold.reason}` }];
  });
}

function backoff({ history }: OrderRequest, now: number): Refusal[] {
  const failure = history?.failure;
  if (failure === undefined) return [];
  const { nextTry, count, code, reason } = failure;
  if (nextTry <= now || nextTry > now + Math.max(longestBackoffMs, longestHoldMs)) return [];
  const times = count === 1 ? "the last attempt failed" : `the last ${count} attempts failed`;
  return [{ allowed: false, cause: "backoff", at: nextTry, reason: `${times} (${code}: ${reason})`, code }];
}

function reachedOwn(limit: Limit, { history, identifiers }: OrderRequest, now: number): Refusal[] {
  const issued = (history?.issued ?? []).toReversed();
  const fullAt = issued.reduce<FullAgainAt | undefined>((before, at) => take(before, limit, 1, at), undefined);
  const at = availableAt(fullAt, limit, 1, now);
  const reason = `${sentence(limit, setId(identifiers))} is reached`;
  return at <= now ? [] : [{ allowed: false, cause: "own-limit", limit: limit.id, at, reason }];
}

function reached(ledger: Ledger, limit: Limit, request: OrderRequest, now: number): Refusal[] {
  return subjects(limit, request).flatMap((subject) => {
    const underWay = reservations(ledger, limit, subject, request.certificate, now);
    const at = availableAt(ledger.buckets[bucketKey(limit, subject)], limit, 1 + underWay, now);
    if (at <= now) return [];
    const queue = { key: bucketKey(limit, subject), eachMs: limit.periodMs / limit.count };
    return [
      { allowed: false, cause: "limit", limit: limit.id, at, queue, reason: `${sentence(limit, subject)} is reached` },
    ];
  });
}

/** Orders of other certificates that are under way and will count against this subject when they are issued. */
function reservations(ledger: Ledger, limit: Limit, subject: string, certificate: string, now: number): number {
  if (limit.subject !== "registered-domain" && limit.subject !== "identifier-set") return 0;
  let count = 0;
  for (const [name, { set, domains, exemption, until }] of Object.entries(ledger.reservations)) {
    if (name === certificate || until <= now || until > now + reservedMs) continue;
    if (exemption !== undefined && limit.exempt.includes(exemption)) continue;
    if (limit.subject === "identifier-set" ? set === subject : domains.includes(subject)) count += 1;
  }
  return count;
}

function sentence({ subject, count, periodMs }: Limit, about: string): string {
  const per = `${count} per ${duration(periodMs)}`;
  switch (subject) {
    case "account-orders":
      return `the limit of ${per} orders of one account`;
    case "registered-domain":
      return `the limit of ${per} for ${about}`;
    case "identifier-set":
      return `the limit of ${per} for exactly these names`;
    default:
      return `the limit of ${per} failed validations of ${about.slice(about.lastIndexOf(" ") + 1)}`;
  }
}

function duration(milliseconds: number): string {
  const hours = milliseconds / 3_600_000;
  if (hours >= 48) return `${Math.round(hours / 24)} days`;
  if (hours >= 1) return hours === 1 ? "hour" : `${Math.round(hours)} hours`;
  return `${Math.round(milliseconds / 1000)} s`;
}
