/** What one of a CA's limits counts. */
export type LimitSubject =
  /** New orders of one account. */
  | "account-orders"
  /** Certificates for one registered domain, IPv4 address or IPv6 /64. */
  | "registered-domain"
  /** Certificates for exactly the same set of identifiers. */
  | "identifier-set"
  /** Failed validations of one identifier by one account. */
  | "validation-failures"
  /** As above, but one success resets it. */
  | "consecutive-validation-failures";

/**
 * Why an order does not count against a limit: `ari`, it names with `replaces` the certificate whose renewal window is
 * open; `same-set`, a certificate for exactly these identifiers was issued before.
 */
export type LimitExemption = "ari" | "same-set";

/** One limit: a bucket of `count` tokens that fills again evenly in `periodMs`. */
export interface Limit {
  /** Stable, for reasons and for the ledger: `certificates-per-registered-domain`. */
  readonly id: string;
  readonly subject: LimitSubject;
  readonly count: number;
  readonly periodMs: number;
  readonly exempt: readonly LimitExemption[];
}

/** What a CA allows. */
export interface CaLimits {
  /** Where the CA says so. */
  readonly source: string;
  /** When that was read, `YYYY-MM-DD`. */
  readonly asOf: string;
  readonly limits: readonly Limit[];
}

const second = 1000;
const hour = 3600 * second;
const day = 24 * hour;

const ari: readonly LimitExemption[] = ["ari"];
const anyRenewal: readonly LimitExemption[] = ["ari", "same-set"];

/** Let's Encrypt, production. */
export const letsEncryptLimits: CaLimits = {
  source: "https://letsencrypt.org/docs/rate-limits/",
  asOf: "2026-08-05",
  limits: [
    { id: "orders-per-account", subject: "account-orders", count: 300, periodMs: 3 * hour, exempt: anyRenewal },
    {
      id: "certificates-per-registered-domain",
      subject: "registered-domain",
      count: 50,
      periodMs: 7 * day,
      exempt: anyRenewal,
    },
    { id: "certificates-per-identifier-set", subject: "identifier-set", count: 5, periodMs: 7 * day, exempt: ari },
    { id: "validation-failures", subject: "validation-failures", count: 5, periodMs: hour, exempt: ari },
    {
      id: "consecutive-validation-failures",
      subject: "consecutive-validation-failures",
      count: 1152,
      periodMs: 1152 * day,
      exempt: ari,
    },
  ],
};

/** Let's Encrypt, staging. */
export const letsEncryptStagingLimits: CaLimits = {
  source: "https://letsencrypt.org/docs/staging-environment/",
  asOf: "2026-08-21",
  limits: [
    { id: "orders-per-account", subject: "account-orders", count: 1500, periodMs: 3 * hour, exempt: anyRenewal },
    {
      id: "certificates-per-registered-domain",
      subject: "registered-domain",
      count: 30_000,
      periodMs: second,
      exempt: anyRenewal,
    },
    { id: "certificates-per-identifier-set", subject: "identifier-set", count: 30_000, periodMs: 7 * day, exempt: ari },
    { id: "validation-failures", subject: "validation-failures", count: 200, periodMs: hour, exempt: ari },
    {
      id: "consecutive-validation-failures",
      subject: "consecutive-validation-failures",
      count: 3600,
      periodMs: 6 * hour,
      exempt: ari,
    },
  ],
};

/** How far back those look. */
export const longestOwnPeriodMs = 7 * day;

/**
 * What this program allows itself at any CA, against loops of its own making: one certificate per identifier set and hour,
 * four per seven days. The user's explicit wish (`force`) lifts these, and only these.
 */
export const ownLimits: readonly Limit[] = [
  { id: "own-certificates-per-hour", subject: "identifier-set", count: 1, periodMs: hour, exempt: [] },
  { id: "own-certificates-per-week", subject: "identifier-set", count: 4, periodMs: longestOwnPeriodMs, exempt: [] },
];

const published: Readonly<Record<string, CaLimits>> = {
  "https://acme-v02.api.letsencrypt.org/directory": letsEncryptLimits,
  "https://acme-staging-v02.api.letsencrypt.org/directory": letsEncryptStagingLimits,
};

/** The published limits of a CA; `undefined` where none are known. */
export function publishedLimits(directoryUrl: string): CaLimits | undefined {
  return Object.hasOwn(published, directoryUrl) ? published[directoryUrl] : undefined;
}
