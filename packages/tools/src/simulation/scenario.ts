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
  /** When the CA is down, and for how long. */
  readonly outages: readonly { readonly fromDay: number; readonly days: number }[];
  /** Every certificate was issued in the hour before the start, by another program. Default: by the service itself. */
  readonly isImported?: boolean;
  /** The service is stopped and started again so often. Default: never. */
  readonly restartHours?: number;
  /** The busiest hour over the mean that is borne. */
  readonly peakToMean: number;
  readonly seed: number;
}

/** A stretch of time, its end left out. Milliseconds since 1970. */
export interface Span {
  readonly from: number;
  readonly until: number;
}

/** When the CA is down in a scenario that starts at this moment. */
export function outageSpans({ outages }: Scenario, start: number): readonly Span[] {
  return outages.map(({ fromDay, days }) => ({ from: start + fromDay * day, until: start + (fromDay + days) * day }));
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
  outages: [{ fromDay: 182, days: 2 }],
  peakToMean: 3,
  seed: 20261127,
};

/** What `npm run simulate` can be asked for by name. */
export const scenarios: Readonly<Record<string, Scenario>> = {
  year: fullYear,
  /** All come from another program, which issued them within one hour. */
  import: { ...fullYear, isImported: true },
  /**
   * The CA is down once more for 20 hours, while what waited for it the first time has only begun to be renewed. What comes
   * out of that with less than a sixth of its life left waits for nobody.
   */
  "second-outage": {
    ...fullYear,
    outages: [
      { fromDay: 182, days: 2 },
      { fromDay: 184 + 1 / 12, days: 20 / 24 },
    ],
    peakToMean: 10,
  },
  /** A quarter in which the service is restarted every five hours, and so forgets whose turn it is. */
  restarts: { ...fullYear, days: 90, outages: [{ fromDay: 45, days: 2 }], restartHours: 5 },
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
  outages: [{ fromDay: 10, days: 2 }],
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
