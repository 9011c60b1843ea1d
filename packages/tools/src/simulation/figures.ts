import { type Member, outageSpans, type Scenario, type Span } from "./scenario.ts";
import { idealRenewal } from "./simulated-ca.ts";
import type { OrderAttempt } from "./simulated-client.ts";

const hour = 3_600_000;
const day = 24 * hour;

/** What was issued for one certificate, in order. */
export interface Observed {
  readonly issued: { readonly at: number; readonly expires: number }[];
}

/** Orders of one kind against those of an ideal client. */
export interface KindFigures {
  readonly label: string;
  readonly certificates: number;
  readonly orders: number;
  readonly ideal: number;
}

/** What a simulation came to. */
export interface Figures {
  readonly certificates: number;
  /** Certificates that were ever expired, or never issued. */
  readonly expired: readonly string[];
  /** Orders that the CA refused for its limits. */
  readonly limited: readonly OrderAttempt[];
  readonly kinds: readonly KindFigures[];
  /** Orders of all kinds over the ideal. */
  readonly ordersToIdeal: number;
  /** Days until the last certificate was first issued. */
  readonly rampDays: number;
  /** Orders asked for in an hour after that, those in vain too. */
  readonly meanPerHour: number;
  readonly busiestHour: { readonly orders: number; readonly day: number };
  readonly peakToMean: number;
  /** Shortest life that a certificate had left when it was renewed, as a share. */
  readonly leastLeft: number;
}

export interface Observations {
  readonly scenario: Scenario;
  readonly members: readonly Member[];
  readonly attempts: readonly OrderAttempt[];
  readonly observed: ReadonlyMap<string, Observed>;
  readonly start: number;
}

/** What the issue asks for. */
export const targets = { expired: 0, limited: 0, ordersToIdeal: 0.05 } as const;

export function figuresOf({ scenario, members, attempts, observed, start }: Observations): Figures {
  const end = start + scenario.days * day;
  const down = outageSpans(scenario, start);
  const issuedOf = ({ name }: Member) => observed.get(name)?.issued ?? [];
  const kinds = scenario.kinds.map((kind): KindFigures => {
    const own = members.filter((member) => member.kind === kind);
    const sum = (count: (member: Member) => number) => own.reduce((total, member) => total + count(member), 0);
    const orders = sum((member) => issuedOf(member).length);
    const ideal = sum((member) => idealOrders(issuedOf(member), kind.lifeMs, down, end));
    return { label: kind.label, certificates: own.length, orders, ideal };
  });
  const total = (of: (kind: KindFigures) => number) => kinds.reduce((all, kind) => all + of(kind), 0);
  const ramp = Math.max(...members.map((member) => issuedOf(member)[0]?.at ?? end));
  const load = loadAfter(attempts, start + Math.max(0, Math.ceil((ramp - start) / hour)) * hour, end);
  return {
    certificates: members.length,
    expired: members.filter((member) => wasExpired(issuedOf(member), end)).map(({ name }) => name),
    limited: attempts.filter(({ outcome }) => outcome === "limited"),
    kinds,
    ordersToIdeal: total(({ orders }) => orders) / total(({ ideal }) => ideal),
    rampDays: Math.max(0, ramp - start) / day,
    meanPerHour: load.mean,
    busiestHour: { orders: load.most, day: (load.mostAt - start) / day },
    peakToMean: load.most / load.mean,
    leastLeft: Math.min(...members.map((member) => leastLeft(issuedOf(member), member.kind.lifeMs))),
  };
}

/**
 * Orders of a client that begins at the same moment and renews each time exactly in the middle of the CA's window: when
 * half of a life under ten days is left, or a third of a longer one. What falls into an outage it renews at its end.
 */
function idealOrders([first]: Observed["issued"], lifeMs: number, outages: readonly Span[], end: number): number {
  const period = idealRenewal({ issued: 0, expires: lifeMs });
  let orders = 1;
  for (let at = (first?.at ?? end) + period; at < end; at += period) {
    at = outages.find(({ from, until }) => at >= from && at < until)?.until ?? at;
    orders += 1;
  }
  return orders;
}

function wasExpired(issued: Observed["issued"], end: number): boolean {
  const last = issued.at(-1);
  if (last === undefined || last.expires <= end) return true;
  return issued.some(({ at }, index) => index > 0 && (issued[index - 1]?.expires ?? 0) <= at);
}

function leastLeft(issued: Observed["issued"], lifeMs: number): number {
  const left = issued.slice(1).map(({ at }, index) => ((issued[index]?.expires ?? 0) - at) / lifeMs);
  return Math.min(1, ...left);
}

function loadAfter(
  attempts: readonly OrderAttempt[],
  from: number,
  end: number,
): { readonly mean: number; readonly most: number; readonly mostAt: number } {
  const hours = new Array<number>(Math.floor((end - from) / hour)).fill(0);
  for (const { at } of attempts) {
    const index = Math.floor((at - from) / hour);
    if (index >= 0 && index < hours.length) hours[index] = (hours[index] ?? 0) + 1;
  }
  const most = Math.max(...hours);
  const mean = hours.reduce((sum, count) => sum + count, 0) / hours.length;
  return { mean, most, mostAt: from + hours.indexOf(most) * hour };
}
