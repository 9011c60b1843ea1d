const hour = 3_600_000;
const day = 24 * hour;

/** A kind of certificate, and how many of it there are. */
export interface Kind {
  readonly label: string;
  readonly lifeMs: number;
  readonly count: number;
}

/** What happens in a simulation. */
export interface Scenario {
  readonly kinds: readonly Kind[];
  /** Registered domains the certificates are spread over. */
  readonly domains: number;
  readonly days: number;
  /** The CA is down from this day on, for so many days. */
  readonly outage: { readonly fromDay: number; readonly days: number };
  readonly seed: number;
}

/** A stretch of time, its end left out. Milliseconds since 1970. */
export interface Span {
  readonly from: number;
  readonly until: number;
}

/** When the CA is down in a scenario that starts at this moment. */
export function outageSpan({ outage }: Scenario, start: number): Span {
  const from = start + outage.fromDay * day;
  return { from, until: from + outage.days * day };
}

/** One certificate of a scenario. */
export interface Member {
  readonly name: string;
  readonly domain: string;
  readonly kind: Kind;
}

/**
 * A year of a thousand certificates, a third of each life, under ten registered domains. All are first issued by the run
 * itself. Let's Encrypt allows 50 new names of a domain a week, all of them at once if need be and then one in 201.6
 * minutes, and 300 new orders in three hours: 500 are issued in the first two hours, the others within a week. Two
 * days without the CA come in the middle, the first with no answer at all, the second with 503 and Retry-After.
 */
export const fullYear: Scenario = {
  kinds: [
    { label: "90 d", lifeMs: 90 * day, count: 333 },
    { label: "47 d", lifeMs: 47 * day, count: 333 },
    { label: "160 h", lifeMs: 160 * hour, count: 334 },
  ],
  domains: 10,
  days: 365,
  outage: { fromDay: 182, days: 2 },
  seed: 20261127,
};

/** The same in small, for a test: three weeks, mostly of short-lived certificates, whose first cycles are the crowded ones. */
export const threeWeeks: Scenario = {
  ...fullYear,
  kinds: [
    { label: "90 d", lifeMs: 90 * day, count: 30 },
    { label: "47 d", lifeMs: 47 * day, count: 60 },
    { label: "160 h", lifeMs: 160 * hour, count: 240 },
  ],
  domains: 4,
  days: 21,
  outage: { fromDay: 10, days: 2 },
};

/** The certificates, kinds and domains well mixed. */
export function membersOf({ kinds, domains }: Scenario): readonly Member[] {
  const members = kinds.flatMap((kind) => Array.from({ length: kind.count }, (_, index) => ({ kind, index })));
  members.sort((a, b) => a.index - b.index);
  return members.map(({ kind }, index) => {
    const domain = `customer${(index % domains) + 1}.test`;
    return { name: `h${index}.${domain}`, domain, kind };
  });
}

/** Numbers in [0, 1), the same for the same seed (mulberry32). */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
