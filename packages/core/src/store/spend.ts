import { type FullAgainAt, take } from "./bucket.ts";
import { type Ledger, own, pausedKey, released, reservedMs, without } from "./ledger.ts";
import type { CaLimits, Limit } from "./limits.ts";
import { bucketKey, type OrderRequest, setId, subjects } from "./order-request.ts";

/**
 * Notes that an order is about to be placed. The CA counts orders as they are placed and certificates as they are issued;
 * until then the order holds a place among the certificates, so that runs side by side do not go over a limit together.
 * Where nothing can be written any more, it is not placed: this is found out here, also where no limit counts it.
 */
export function reserved(ledger: Ledger, limits: CaLimits | undefined, request: OrderRequest, now: number): Ledger {
  const { certificate, domains, exemption } = request;
  const set = setId(request.identifiers);
  const reservation = { set, domains, ...(exemption === undefined ? {} : { exemption }), until: now + reservedMs };
  const orders = (limits?.limits ?? []).filter(({ subject }) => subject === "account-orders");
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
  const proved = new Set(identifiers.map(({ value }) => pausedKey(account, value)));
  const known = limits?.limits ?? [];
  const certificates = known.filter(({ subject }) => subject === "registered-domain" || subject === "identifier-set");
  // One success ends a row of failures.
  const rows = known.filter(({ subject }) => subject === "consecutive-validation-failures");
  const ended = new Set(rows.flatMap((limit) => [...proved].map((subject) => bucketKey(limit, subject))));
  const buckets = without(ledger.buckets, (key) => ended.has(key));
  return {
    ...released(ledger, certificate),
    buckets: taken(buckets, certificates, asPlaced(ledger, request), now),
    paused: without(ledger.paused, (key) => proved.has(key)),
  };
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

function taken(
  buckets: Readonly<Record<string, FullAgainAt>>,
  limits: readonly Limit[],
  request: OrderRequest,
  now: number,
): Readonly<Record<string, FullAgainAt>> {
  const result = { ...buckets };
  for (const limit of limits) {
    for (const subject of subjects(limit, request)) {
      const key = bucketKey(limit, subject);
      result[key] = take(result[key], limit, 1, now);
    }
  }
  return result;
}
