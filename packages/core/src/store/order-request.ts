import type { Identifier } from "../identifier.ts";
import { sha256 } from "./digest.ts";
import type { OrderHistory } from "./history.ts";
import { pausedKey } from "./ledger.ts";
import type { Limit, LimitExemption } from "./limits.ts";

/** An order somebody would like to place. */
export interface OrderRequest {
  /** Name in the store. */
  readonly certificate: string;
  /** URL of the account; left out for one that is not made yet. */
  readonly account?: string;
  readonly identifiers: readonly Identifier[];
  /** Registered domain of each identifier, without duplicates: see {@link registeredDomains}. */
  readonly domains: readonly string[];
  readonly exemption?: LimitExemption;
  /** What came of earlier orders of this certificate. Left out: nothing is known. */
  readonly history?: OrderHistory;
  /** The user insists: this program's own limits and backoff do not count. */
  readonly force?: boolean;
}

/** What a request counts against under a limit: nothing, where it is exempt. */
export function subjects(limit: Limit, { account, identifiers, domains, exemption }: OrderRequest): readonly string[] {
  if (exemption !== undefined && limit.exempt.includes(exemption)) return [];
  switch (limit.subject) {
    case "account-orders":
      return account === undefined ? [] : [account];
    case "registered-domain":
      return domains;
    case "identifier-set":
      return [setId(identifiers)];
    default:
      return account === undefined ? [] : identifiers.map(({ value }) => pausedKey(account, value));
  }
}

/** Key in `Ledger.buckets`. */
export function bucketKey(limit: Limit, subject: string): string {
  return `${limit.id} ${subject}`;
}

/** Stands for a set of identifiers, whatever their order and case. */
export function setId(identifiers: readonly Identifier[]): string {
  const values = new Set(identifiers.map(({ value }) => value.toLowerCase()));
  return sha256([...values].sort().join("\n")).slice(0, 32);
}
