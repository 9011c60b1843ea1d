import { createSingleFlight } from "@certwright/provider";
import { anySignal } from "./abort.ts";
import { askServers } from "./ask-servers.ts";
import { type Exchange, exchange as realExchange } from "./exchange.ts";
import type { DnsAnswer } from "./message.ts";
import { isWithin, normalizeName } from "./name.ts";
import type { DnsType } from "./record.ts";
import { type DnsServer, systemServers } from "./server.ts";

/** What one look-up may change. */
export interface QueryOptions {
  readonly signal?: AbortSignal | undefined;
  /** Also take answers that fail DNSSEC validation (CD): SERVFAIL that turns into an answer is a DNSSEC fault. */
  readonly checkingDisabled?: boolean | undefined;
}

/** Looks names up. An answer is NOERROR or NXDOMAIN; everything else is an error. */
export interface Resolver {
  /**
   * @param name any spelling `normalizeName` takes.
   * @throws DNS_BAD_NAME, or DNS_LOOKUP_FAILED, a `DnsServersError` that names each server and its reason.
   */
  query(name: string, type: DnsType, options?: QueryOptions): Promise<DnsAnswer>;
}

/** How a resolver works. */
export interface ResolverOptions {
  /** Asked in this order; a function is asked for them anew every few seconds. Default: those of the operating system. */
  readonly servers?: readonly DnsServer[] | (() => readonly DnsServer[]) | undefined;
  /** Other servers for some zones and all names below them (split horizon); the longest zone wins. */
  readonly zones?: Readonly<Record<string, readonly DnsServer[]>> | undefined;
  /** Default: the real one. */
  readonly exchange?: Exchange | undefined;
  /** Carries DNS over HTTPS, for servers that are `https://` URLs. Default: the global one. */
  readonly fetch?: typeof globalThis.fetch | undefined;
  /** Ends every look-up of this resolver. */
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds for one server over one transport. Default: 5000. */
  readonly timeoutMs?: number | undefined;
  /** Milliseconds a server has before the next one is asked beside it. Default: 500. */
  readonly staggerMs?: number | undefined;
  /** Milliseconds on a clock that never goes back. Default: `performance.now`. */
  readonly now?: (() => number) | undefined;
}

/** Nothing here lives long enough to need more; a record that changes meanwhile is noticed soon. */
const longestCacheMs = 60_000;
const longestNegativeCacheMs = 5_000;
const cacheSize = 1_000;
const serversMs = 5_000;

/**
 * A resolver with a short memory, for the length of one run.
 *
 * Answers are kept for their TTL, at most a minute; that something is absent for at most five seconds, whatever the
 * zone's SOA allows. TXT is never kept: it is what is being changed. The same question asked twice at the same time
 * is sent once.
 */
export function createResolver(options: ResolverOptions = {}): Resolver {
  const { exchange = realExchange, fetch, timeoutMs, staggerMs, now = () => performance.now() } = options;
  const { servers = systemServers } = options;
  const zones = Object.entries(options.zones ?? {})
    .map(([zone, zoneServers]) => ({ zone: normalizeName(zone), servers: zoneServers }))
    .sort((a, b) => b.zone.length - a.zone.length);
  const share = createSingleFlight<DnsAnswer>();
  const cache = new Map<string, { answer: DnsAnswer; until: number }>();
  let latest = { servers: typeof servers === "function" ? servers() : servers, until: now() + serversMs };

  // A service lives on where its machine moves to another network.
  function usualServers(): readonly DnsServer[] {
    if (typeof servers === "function" && now() >= latest.until)
      latest = { servers: servers(), until: now() + serversMs };
    return latest.servers;
  }

  return {
    async query(text, type, { signal, checkingDisabled = false } = {}) {
      const name = normalizeName(text);
      const key = `${name} ${type}${checkingDisabled ? " unchecked" : ""}`;
      const known = cache.get(key);
      if (known !== undefined && known.until > now()) return known.answer;
      const responsible = zones.find(({ zone }) => isWithin(name, zone))?.servers ?? usualServers();
      return share(key, signal, async (shared) => {
        const ended = anySignal(shared, options.signal);
        const limits = { signal: ended, timeoutMs, staggerMs, checkingDisabled, fetch };
        const answer = await askServers({ name, type }, responsible, exchange, limits);
        if (cache.size >= cacheSize) cache.clear();
        if (type !== "TXT") cache.set(key, { answer, until: now() + keepMs(answer, type) });
        return answer;
      });
    },
  };
}

/** How long an answer may be reused, in milliseconds. */
function keepMs(answer: DnsAnswer, type: DnsType): number {
  const ttls = answer.answers.map(({ ttl }) => ttl * 1000);
  const positive = answer.answers.some((record) => record.type === type);
  return Math.min(positive ? longestCacheMs : longestNegativeCacheMs, ...ttls);
}
