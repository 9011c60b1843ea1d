import { type FullAgainAt, take } from "./bucket.ts";
import { type Ledger, own, pausedKey, released, reservedMs, without } from "./ledger.ts";
import type { CaLimits, Limit } from "./limits.ts";
import { bucketKey, type OrderRequest, setId, subjects } from "./order-request.ts";

/**
 * Notes that an order is about to be placed. The CA counts orders as they are placed and certificates as they are issued;
 * until then the order holds a place among the certificates, so that runs side by side do not go over a limit together. An
 * order that no limit counts leaves no trace.
 */
export function reserved(ledger: Ledger, limits: CaLimits | undefined, request: OrderRequest, now: number): Ledger {
  const counted = (limits?.limits ?? []).filter((limit) => subjects(limit, request).length > 0);
  if (!counted.some(({ subject }) => !subject.endsWith("validation-failures"))) {
    return released(ledger, request.certificate);
  }
  const { certificate, domains, exemption } = request;
  const set = setId(request.identifiers);
  const reservation = { set, domains, ...(exemption === undefined ? {} : { exemption }), until: now + reservedMs };
  const orders = counted.filter(({ subject }) => subject === "account-orders");
  return {
    ...ledger,
    reservations: { ...ledger.reservations, [certificate]: reservation },
    buckets: taken(ledger.buckets, orders, request, now),
  };
}

/**
 * Notes that a certificate was issued: its names are evidently valid and not paused. It is counted as its order was when
 * that was placed, which may have been another run's.
 */
export function issued(ledger: Ledger, limits: CaLimits | undefined, request: OrderRequest, now: number): Ledger {
  const { account = "", certificate, identifiers } = request;
  const certificates = (limits?.limits ?? []).filter(
    ({ subject }) => subject === "registered-domain" || subject === "identifier-set",
  );
  const proved = new Set(identifiers.map(({ value }) => pausedKey(account, value)));
  const rows = new Set(rowKeys(limits, proved));
  const buckets = without(ledger.buckets, (key) => rows.has(key));
  const next: Ledger = {
    ...released(ledger, certificate),
    buckets: taken(buckets, certificates, asPlaced(ledger, request), now),
    paused: without(ledger.paused, (key) => proved.has(key)),
  };
  const parts = ["reservations", "buckets", "paused"] as const;
  // What changes nothing need not be written.
  return parts.every((part) => next[part] === ledger[part]) ? ledger : next;
}

function asPlaced({ reservations }: Ledger, request: OrderRequest): OrderRequest {
  const placed = own(reservations, request.certificate);
  if (placed?.set !== setId(request.identifiers)) return request;
  const { exemption: _, ...plain } = request;
  return { ...plain, ...(placed.exemption === undefined ? {} : { exemption: placed.exemption }) };
}

/** Notes that the CA could not validate an identifier. */
export function validationFailed(
  ledger: Ledger,
  limits: CaLimits | undefined,
  account: string,
  identifier: string,
  now: number,
): Ledger {
  const buckets = { ...ledger.buckets };
  for (const limit of limits?.limits ?? []) {
    if (!limit.subject.endsWith("validation-failures")) continue;
    const key = bucketKey(limit, pausedKey(account, identifier));
    buckets[key] = take(buckets[key], limit, 1, now);
  }
  return { ...ledger, buckets };
}

/** Keys of the buckets that count failures in a row, which one success ends. */
function rowKeys(limits: CaLimits | undefined, proved: Iterable<string>): readonly string[] {
  const rows = (limits?.limits ?? []).filter(({ subject }) => subject === "consecutive-validation-failures");
  return rows.flatMap((limit) => [...proved].map((subject) => bucketKey(limit, subject)));
}

function taken(
  buckets: Readonly<Record<string, FullAgainAt>>,
  limits: readonly Limit[],
  request: OrderRequest,
  now: number,
): Readonly<Record<string, FullAgainAt>> {
  const wanted = limits.flatMap((limit) => subjects(limit, request).map((subject) => ({ limit, subject })));
  if (wanted.length === 0) return buckets;
  const result = { ...buckets };
  for (const { limit, subject } of wanted) {
    const key = bucketKey(limit, subject);
    result[key] = take(result[key], limit, 1, now);
  }
  return result;
}
