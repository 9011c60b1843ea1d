/** An order as the CA sees it. */
export interface SimulatedOrder {
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly name: string;
  readonly domain: string;
  /** Id of the certificate it says it replaces. */
  readonly replaces: string | undefined;
}

/** What the CA says to an order. */
export type Verdict =
  | { readonly taken: true; readonly counted: boolean }
  /** Another order replaced that certificate before. */
  | { readonly taken: false; readonly replaced: true }
  | { readonly taken: false; readonly replaced?: undefined; readonly limit: string; readonly retryAfter: number };

/** A certificate the CA issued. */
export interface SimulatedCertificate {
  readonly name: string;
  readonly issued: number;
  readonly expires: number;
}

/**
 * What Let's Encrypt does with orders, written from its documentation and from how Boulder behaves, and apart from the
 * ledger that is to be tried against it: https://letsencrypt.org/docs/rate-limits/, read 2026-08-05.
 */
export interface SimulatedCa {
  /** Decides on an order, and counts it. */
  order(order: SimulatedOrder): Verdict;
  issue(id: string, certificate: SimulatedCertificate): void;
  /** The window it suggests (RFC 9773); undefined for a certificate it does not know. */
  window(id: string): { readonly start: number; readonly end: number } | undefined;
}

const hour = 3_600_000;
const day = 24 * hour;

/** Tokens are added up in floating point, where Boulder counts nanoseconds. */
const rounding = 1e-6;

/** Tokens that come back one by one. */
interface Bucket {
  tokens: number;
  since: number;
}

interface BucketKind {
  readonly name: string;
  readonly size: number;
  readonly period: number;
}

const perAccount: BucketKind = { name: "300 new orders per account per 3 hours", size: 300, period: 3 * hour };
const perDomain: BucketKind = { name: "50 certificates per registered domain per 7 days", size: 50, period: 7 * day };
const perSet: BucketKind = { name: "5 certificates per exact set of names per 7 days", size: 5, period: 7 * day };

/** One account is all the CA is asked from. */
export function createSimulatedCa(): SimulatedCa {
  const buckets = new Map<string, Bucket>();
  const certificates = new Map<string, SimulatedCertificate>();
  const replaced = new Set<string>();
  const lastIssued = new Map<string, number>();

  const window = (id: string): { start: number; end: number } | undefined => {
    const certificate = certificates.get(id);
    return certificate === undefined ? undefined : suggestedWindow(certificate);
  };

  return {
    window,
    order: ({ at, name, domain, replaces }) => {
      if (replaces !== undefined && replaced.has(replaces)) return { taken: false, replaced: true };
      const open = replaces === undefined ? undefined : window(replaces);
      // Boulder: the start of the window belongs to it, its end does not.
      if (replaces !== undefined && open !== undefined && open.start <= at && at < open.end) {
        replaced.add(replaces);
        return { taken: true, counted: false };
      }
      const isRenewal = (lastIssued.get(name) ?? Number.NEGATIVE_INFINITY) > at - 120 * day;
      const wanted: readonly (readonly [BucketKind, string])[] = [
        ...(isRenewal ? [] : ([[perAccount, ""] as const, [perDomain, domain] as const] as const)),
        [perSet, name],
      ];
      const filled = wanted.map(([kind, subject]) => ({ kind, bucket: fill(buckets, kind, subject, at) }));
      for (const { kind, bucket } of filled) {
        if (bucket.tokens >= 1 - rounding) continue;
        const wait = ((1 - bucket.tokens) * kind.period) / kind.size;
        return { taken: false, limit: kind.name, retryAfter: Math.ceil(wait / 1000) };
      }
      for (const { bucket } of filled) bucket.tokens -= 1;
      if (replaces !== undefined) replaced.add(replaces);
      return { taken: true, counted: true };
    },
    issue: (id, certificate) => {
      certificates.set(id, certificate);
      lastIssued.set(certificate.name, certificate.issued);
    },
  };
}

/** Boulder: two percent of the life, around the moment at which a third of it is left, or half of one under ten days. */
export function suggestedWindow({ issued, expires }: Pick<SimulatedCertificate, "issued" | "expires">): {
  readonly start: number;
  readonly end: number;
} {
  const ideal = idealRenewal({ issued, expires });
  const margin = (expires - issued) / 100;
  return { start: second(ideal - margin), end: second(ideal + margin) };
}

/** The middle of the window. */
export function idealRenewal({ issued, expires }: Pick<SimulatedCertificate, "issued" | "expires">): number {
  const life = expires - issued;
  return expires - life / (life < 10 * day ? 2 : 3);
}

function second(time: number): number {
  return Math.floor(time / 1000) * 1000;
}

function fill(buckets: Map<string, Bucket>, kind: BucketKind, subject: string, at: number): Bucket {
  const key = `${kind.name} ${subject}`;
  const before = buckets.get(key) ?? { tokens: kind.size, since: at };
  const tokens = Math.min(kind.size, before.tokens + ((at - before.since) * kind.size) / kind.period);
  const bucket = { tokens, since: at };
  buckets.set(key, bucket);
  return bucket;
}
