import { anySignal } from "./abort.ts";
import { DnsServersError } from "./errors.ts";
import { type Exchange, exchange as realExchange } from "./exchange.ts";
import { normalizeName } from "./name.ts";
import { type Evidence, isFailure, isSilence, isVisible, type VisibilityRules } from "./propagation-policy.ts";
import { type DnsServer, formatServer, isHttpsServer } from "./server.ts";
import { describeSighting, type Look, observe, readFailure, readLook, type SightingState } from "./sighting.ts";

/** Time, passed in. */
export interface Clock {
  /** Milliseconds; never goes back. */
  now(): number;
  /** Resolves after `ms` milliseconds; rejects with the signal's reason when it aborts. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

/** A TXT value to wait for, and the servers that must show it. */
export interface WatchedTxt {
  /** The owner name, after aliases were followed. */
  readonly name: string;
  readonly value: string;
  readonly servers: readonly DnsServer[];
}

/** What one server says about one value; reported whenever it changes. */
export interface TxtSighting {
  readonly name: string;
  readonly value: string;
  /** The server as `formatServer` writes it. */
  readonly server: string;
  readonly state: SightingState;
  readonly detail: string;
}

/** What to watch, and how patiently. */
export interface WatchTxtOptions extends VisibilityRules {
  readonly records: readonly WatchedTxt[];
  readonly clock: Clock;
  /** Milliseconds after which a record that is not visible fails. */
  readonly timeoutMs: number;
  /**
   * Milliseconds until the first look. Default: 100. Give 0 where a value is served as soon as it is written, as by
   * RFC 2136; elsewhere a look too early gains nothing, and some servers (PowerDNS) remember that nothing was there.
   */
  readonly firstMs?: number | undefined;
  /** The longest pause between two looks in milliseconds; pauses start at 100 and grow by half. Default: 10000. */
  readonly longestPauseMs?: number | undefined;
  /** Milliseconds a server has to answer one question. Default: 1500. */
  readonly queryTimeoutMs?: number | undefined;
  /** The servers are resolvers that look elsewhere. Default: what each server says of itself; true over HTTPS. */
  readonly recursive?: boolean | undefined;
  readonly exchange?: Exchange | undefined;
  readonly fetch?: typeof globalThis.fetch | undefined;
  /** Spreads the pauses: a number from 0 up to 1. Default: `Math.random`. */
  readonly random?: (() => number) | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onState?: ((sighting: TxtSighting) => void) | undefined;
}

/** A watch under way. */
export interface TxtWatch {
  /**
   * One promise per record, in the order given, resolved as soon as that record is visible by `isVisible`.
   * @throws DNS_PROPAGATION_TIMEOUT naming each server and what it said, or the reason of the signal.
   */
  readonly visible: readonly Promise<void>[];
}

/** A record being watched at one server. */
interface Sighting extends Evidence {
  readonly record: Watched;
  state: SightingState;
  detail: string;
  failures: number;
  failingSince: number;
}

interface Watched extends WatchedTxt {
  readonly outcome: PromiseWithResolvers<void>;
  readonly sightings: Map<string, Sighting>;
  settled: boolean;
}

const firstPauseMs = 100;
/** Questions one server gets at a time. */
const batchSize = 16;

/**
 * Watches TXT values appear at every server, each server at its own pace, so that a dead one delays none of the others.
 * @throws DNS_BAD_NAME at once.
 */
export function watchTxt(options: WatchTxtOptions): TxtWatch {
  const { clock, timeoutMs, firstMs = 100, longestPauseMs = 10_000, random = Math.random, onState } = options;
  const { exchange = realExchange, fetch, queryTimeoutMs = 1500 } = options;
  const over = new AbortController();
  const signal = anySignal(options.signal, over.signal);
  const watched = options.records.map(toWatched);
  const places = new Map<string, { server: DnsServer; sightings: Sighting[] }>();
  for (const record of watched) {
    for (const server of record.servers) {
      const label = formatServer(server);
      if (record.sightings.has(label)) continue;
      const sighting: Sighting = { record, state: "asking", detail: "", failures: 0, failingSince: 0 };
      record.sightings.set(label, sighting);
      const place = places.get(label) ?? { server, sightings: [] };
      place.sightings.push(sighting);
      places.set(label, place);
    }
  }

  function settle(record: Watched, report: () => void): void {
    if (record.settled) return;
    record.settled = true;
    report();
    if (watched.every(({ settled }) => settled)) over.abort();
  }

  function failAll(error: (record: Watched) => unknown): void {
    for (const record of watched) settle(record, () => record.outcome.reject(error(record)));
  }

  function note(label: string, sighting: Sighting, look: Look): void {
    const { record } = sighting;
    const { state, detail } = observe(look, record.value);
    const changed = state !== sighting.state || detail !== sighting.detail;
    if (!isFailure(state)) sighting.failures = 0;
    else if (++sighting.failures === 1) sighting.failingSince = clock.now();
    sighting.state = state;
    sighting.detail = detail;
    if (changed) onState?.({ name: record.name, value: record.value, server: label, state, detail });
    if (isVisible([...record.sightings.values()], clock.now(), options)) settle(record, record.outcome.resolve);
  }

  async function lookAt(name: string, server: DnsServer): Promise<Look> {
    const recursive = options.recursive ?? (isHttpsServer(server) || server.recursive === true);
    try {
      const limits = { signal, timeoutMs: queryTimeoutMs, recursive, fetch };
      return readLook(await exchange({ name, type: "TXT" }, server, limits), name, recursive);
    } catch (error) {
      signal.throwIfAborted();
      return readFailure(error);
    }
  }

  async function watchServer(label: string, server: DnsServer, sightings: readonly Sighting[]): Promise<void> {
    let pauseMs = firstPauseMs;
    if (firstMs > 0) await clock.sleep(firstMs, signal);
    for (;;) {
      const open = sightings.filter(({ record, state }) => !record.settled && state !== "seen");
      if (open.length === 0) return;
      const names = [...new Set(open.map(({ record }) => record.name))];
      let silence: Look | undefined;
      for (let start = 0; start < names.length; start += batchSize) {
        const batch = names.slice(start, start + batchSize);
        const unheard = silence;
        const looks = await Promise.all(batch.map((name) => unheard ?? lookAt(name, server)));
        for (const sighting of open) {
          const look = looks[batch.indexOf(sighting.record.name)];
          if (look !== undefined) note(label, sighting, look);
        }
        silence = looks.every((look) => "state" in look && isSilence(look.state)) ? looks[0] : undefined;
      }
      await clock.sleep(pauseMs * (0.9 + 0.2 * random()), signal);
      pauseMs = Math.min(pauseMs * 1.5, longestPauseMs);
    }
  }

  function stop(error: unknown): void {
    failAll(() => options.signal?.reason ?? error);
  }

  for (const record of watched) {
    if (record.servers.length === 0) settle(record, () => record.outcome.reject(notVisible(record, 0)));
  }
  if (!over.signal.aborted && watched.length > 0) begin();
  return { visible: watched.map(({ outcome }) => outcome.promise) };

  function begin(): void {
    for (const [label, { server, sightings }] of places) watchServer(label, server, sightings).catch(stop);
    clock.sleep(timeoutMs, signal).then(() => failAll((record) => notVisible(record, timeoutMs)), stop);
  }
}

function toWatched({ name, value, servers }: WatchedTxt): Watched {
  const outcome = Promise.withResolvers<void>();
  // A caller may be busy with another record when this one fails.
  outcome.promise.catch(() => {});
  return { name: normalizeName(name), value, servers, outcome, sightings: new Map(), settled: false };
}

function notVisible({ name, value, sightings }: Watched, timeoutMs: number): Error {
  const failures = [...sightings].map(([server, sighting]) => {
    return { server, reason: describeSighting(sighting), code: sighting.state };
  });
  const said = failures.map(({ server, reason }) => `${server} ${reason}`).join("; ") || "there is no server to ask";
  const message = `the TXT record ${name} with value ${JSON.stringify(value)} is not visible after ${timeoutMs / 1000} s: ${said}`;
  return new DnsServersError("DNS_PROPAGATION_TIMEOUT", message, failures, {
    hint: "Wait longer, or repair or leave out the servers that do not show the value.",
    retryable: true,
  });
}
