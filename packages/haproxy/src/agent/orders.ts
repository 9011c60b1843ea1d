import type { AcmeRow, ReadyAnswer } from "./acme-answers.ts";
import type { Deploy, Told } from "./ring-message.ts";

/*
 * What to do about an order of HAProxy, decided from what the ring, `acme status` and the configuration say. Nothing
 * here acts.
 *
 * Three faults of HAProxy 3.2 make the rules. `challenge_ready b.test` marks `b.test` and `*.b.test` at once, so both
 * values must be there first. It compares prefixes, so `p.test.x.test` marks `p.test` too, and all values of an order
 * must be there before the first is marked. And an authorization that was valid before gets no event, but HAProxy
 * waits for it all the same, so every domain of the certificate is marked, not only those it told of.
 */

/** Bounds of waiting, in milliseconds. */
export interface OrderLimits {
  /** After the last event of an order that has one for every domain. Default: 1 000. */
  readonly settle: number;
  /** After the last event of an order that lacks some: HAProxy repeats a refused request after 3 s, then 9 s. Default: 13 000. */
  readonly quiet: number;
  /** Between two looks at orders that HAProxy validates. Default: 2 000. */
  readonly poll: number;
  /** Between attempts to set records, the last one for all after. Default: 30 s, 1 min, 5 min. */
  readonly dnsRetries: readonly number[];
  /** Between `acme renew` of failed orders, the last one for all after. Default: 1 min, 5 min, 15 min, 1 h, 3 h, 6 h. */
  readonly renewRetries: readonly number[];
  /** Between two comparisons of disk and memory. Default: 60 000. */
  readonly reconcile: number;
  /** How long an order runs that the ring told nothing of, before it is taken for lost. Default: 10 min. */
  readonly lost: number;
}

const minute = 60_000;
const hour = 60 * minute;

export const defaultOrderLimits: OrderLimits = {
  settle: 1_000,
  quiet: 13_000,
  poll: 2_000,
  dnsRetries: [minute / 2, minute, 5 * minute],
  renewRetries: [minute, 5 * minute, 15 * minute, hour, 3 * hour, 6 * hour],
  reconcile: minute,
  lost: 10 * minute,
};

/** The records of one certificate HAProxy asked for and has not got. */
export interface Collected {
  readonly deploys: readonly (Deploy & Told)[];
  /** When the last event came, by our clock. */
  readonly since: number;
}

/** HAProxy asks for all records of one order within its retries: 3, 9, 27 and 81 seconds. */
const longestSpread = 4 * minute;

/** Takes an event in. One of another worker, or a second one for the same name, is of a new order. */
export function collect(before: Collected | undefined, deploy: Deploy & Told, now: number): Collected {
  const others = (before?.deploys ?? []).filter(
    (other) =>
      other.worker === deploy.worker &&
      !(other.domain === deploy.domain && other.wildcard === deploy.wildcard) &&
      Date.parse(deploy.at) - Date.parse(other.at) <= longestSpread,
  );
  return { deploys: [...others, deploy], since: now };
}

/** True where the two ask for the same records. */
export function sameRecords(a: readonly Deploy[], b: readonly Deploy[]): boolean {
  const keys = (deploys: readonly Deploy[]) =>
    deploys
      .map(({ domain, record }) => `${domain} ${record}`)
      .sort()
      .join("\n");
  return keys(a) === keys(b);
}

/** How long, from now, more is to be expected. `domains` are those of the configuration, where known. */
export function pauseUntilWhole(
  collected: Collected,
  domains: readonly string[] | undefined,
  limits: OrderLimits,
  now: number,
): number {
  const told = new Set(collected.deploys.map(({ domain, wildcard }) => (wildcard ? `*.${domain}` : domain)));
  const isWhole = domains !== undefined && domains.length > 0 && domains.every((domain) => told.has(canonical(domain)));
  const pause = isWhole ? limits.settle : limits.quiet;
  const left = collected.since + pause - now;
  // A clock that was set back would have HAProxy wait for as long as that.
  return left > pause ? 0 : left;
}

/** Every domain to mark, in the form `challenge_ready` takes: those told of first, and without `*.`. */
export function domainsToMark(deploys: readonly Deploy[], domains: readonly string[] = []): readonly string[] {
  const bare = domains.map((domain) => canonical(domain).replace(/^\*\./, ""));
  return [...new Set([...deploys.map(({ domain }) => domain), ...bare])];
}

function canonical(domain: string): string {
  return domain.toLowerCase().replace(/\.$/, "");
}

/** What HAProxy's answers to all marks together mean. */
export type Marked =
  /** It asks the CA to validate. */
  | { readonly kind: "validating" }
  /** It waits for authorizations that none of the domains named. */
  | { readonly kind: "waiting"; readonly remaining: number }
  /** There is no such order any more. */
  | { readonly kind: "gone" }
  | { readonly kind: "refused"; readonly answer: ReadyAnswer };

/** Sums up the answers, which are in the order of the marks. */
export function summarize(answers: readonly ReadyAnswer[]): Marked {
  const refused = answers.find(({ kind }) => kind !== "ready" && kind !== "already" && kind !== "not-found");
  if (refused) return { kind: "refused", answer: refused };
  const ready = answers.flatMap((answer) => (answer.kind === "ready" ? [answer.remaining] : []));
  const remaining = ready.at(-1);
  if (remaining !== undefined) return remaining === 0 ? { kind: "validating" } : { kind: "waiting", remaining };
  // All of them marked before: by an agent that was killed after it, or by an attempt whose answer was lost.
  return answers.some(({ kind }) => kind === "already") ? { kind: "validating" } : { kind: "gone" };
}

export type Outcome = "running" | "issued" | "failed" | "unknown";

/** How the order of a certificate ended, by its line of `acme status`. */
export function outcomeOf(row: AcmeRow | undefined): Outcome {
  if (row === undefined) return "unknown";
  if (row.state === "Running") return "running";
  return row.overdue ? "failed" : "issued";
}

/** The pause before attempt number `attempt`, counted from 0, of a list whose last entry is for all after. */
export function pauseBefore(attempt: number, pauses: readonly number[]): number {
  return pauses[Math.min(attempt, pauses.length - 1)] ?? 0;
}
