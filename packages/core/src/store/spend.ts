import { type FullAgainAt, take } from "./bucket.ts";
import { type Ledger, own, pausedKey, released, reservedMs, without } from "./ledger.ts";
import { type CaLimits, type Limit, ownLimits } from "./limits.ts";
import { bucketKey, type OrderRequest, setId, subjects } from "./order-request.ts";

/**
 * Notes that an order is about to be placed. The CA counts orders as they are placed and certificates as they are issued;
 * until then the order holds a place among the certificates, so that runs side by side do not go over a limit together.
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
 * Notes that a certificate was issued: its failures are forgotten, and its names are evidently valid and not paused. It is
 * counted as its order was when that was placed, which may have been another run's.
 */
export function issued(ledger: Ledger, limits: CaLimits | undefined, request: OrderRequest, now: number): Ledger {
  const { account, certificate, identifiers } = request;
  const certificates = [...ownLimits, ...(limits?.limits ?? [])].filter(
    ({ subject }) => subject === "registered-domain" || subject === "identifier-set",
  );
  const names = account === undefined ? [] : identifiers.map(({ value }) => value);
  const unpaused = new Set(names.map((name) => pausedKey(account ?? "", name)));
  const proved = names.reduce((next, name) => validationSucceeded(next, limits, account ?? "", name), ledger);
  return {
    ...released(ledger, certificate),
    buckets: taken(proved.buckets, certificates, asPlaced(ledger, request), now),
    failures: without(ledger.failures, (key) => key === certificate),
    paused: without(ledger.paused, (key) => unpaused.has(key)),
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

/** Notes that the CA did validate an identifier, which ends a row of failures. */
export function validationSucceeded(
  ledger: Ledger,
  limits: CaLimits | undefined,
  account: string,
  identifier: string,
): Ledger {
  const rows = (limits?.limits ?? []).filter(({ subject }) => subject === "consecutive-validation-failures");
  const keys = new Set(rows.map((limit) => bucketKey(limit, pausedKey(account, identifier))));
  return { ...ledger, buckets: without(ledger.buckets, (key) => keys.has(key)) };
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
