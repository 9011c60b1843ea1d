import type { DnsBinding, Emit, PropagationSpec, ServerState, World } from "@certwright/core";
import {
  authoritativeServers,
  type DnsServer,
  type PropagationMode,
  parseServer,
  type TxtSighting,
  waitForTxt,
} from "@certwright/dns";

/** A value at a name, and the zone it is in. */
export interface WatchedValue {
  readonly name: string;
  readonly value: string;
  readonly zone: string;
}

/** How values are watched. */
export interface WatchOptions {
  readonly mode: PropagationMode;
  readonly timeoutMs: number;
  /** Asked instead of the zones' own. */
  readonly nameservers: readonly string[];
  readonly world: World;
  readonly fetch: typeof globalThis.fetch;
}

/** What came of the watch for one value. */
export interface Watched extends WatchedValue {
  /** Missing where nobody was asked: the wait was a fixed one, or off. */
  readonly seen?: boolean;
  /** What each server said last. */
  readonly servers: readonly ServerState[];
}

/**
 * Watches until every name server of each zone has each value, or the time is over; tells what each server says as it
 * changes.
 *
 * @throws CertwrightError where a zone's servers cannot be found, and the signal's reason
 */
export async function watchValues(values: readonly WatchedValue[], options: WatchOptions): Promise<readonly Watched[]> {
  const { mode, timeoutMs, world, fetch } = options;
  const servers = mode.type === "watch" ? await serversOf(values, options) : new Map<string, readonly DnsServer[]>();
  const sightings = createSightings(world.emit, world.now);
  const { visible } = waitForTxt(mode, {
    records: values.map(({ name, value, zone }) => ({ name, value, servers: servers.get(zone) ?? [] })),
    clock: { now: world.now, sleep: (milliseconds, signal = world.signal) => world.sleep(milliseconds, signal) },
    timeoutMs,
    random: world.random,
    fetch,
    signal: world.signal,
    onState: sightings.note,
  });
  const outcomes = await Promise.allSettled(visible);
  world.signal.throwIfAborted();
  return values.map((value, index) => {
    if (mode.type !== "watch") return { ...value, servers: [] };
    const seen = outcomes[index]?.status === "fulfilled";
    if (seen) sightings.seen(value);
    return { ...value, seen, servers: sightings.of(value) };
  });
}

/** How long to wait: what a person said, else what the slowest of the providers needs. */
export function patienceMs(spec: PropagationSpec | undefined, bindings: readonly DnsBinding[]): number {
  if (spec?.mode === "check" && spec.seconds !== undefined) return spec.seconds * 1000;
  // The provider interface's own default is 120 s.
  return Math.max(...bindings.map(({ handle }) => handle.definition.traits.propagation ?? 120)) * 1000;
}

/** The mode a person asked for. */
export function propagationMode(spec: PropagationSpec | undefined): PropagationMode {
  if (spec?.mode === "off") return { type: "off" };
  return spec?.mode === "fixed" ? { type: "fixed", ms: (spec.seconds ?? 60) * 1000 } : { type: "watch" };
}

async function serversOf(
  values: readonly WatchedValue[],
  { nameservers, world }: WatchOptions,
): Promise<ReadonlyMap<string, readonly DnsServer[]>> {
  const zones = [...new Set(values.map(({ zone }) => zone))];
  const override = nameservers.map((server) => parseServer(server));
  const found = zones.map(async (zone): Promise<[string, readonly DnsServer[]]> => {
    const { servers } = await authoritativeServers(zone, world.resolver, { signal: world.signal, override });
    return [zone, servers];
  });
  return new Map(await Promise.all(found));
}

/** Gathers what servers say, by value, and tells it. */
function createSightings(emit: Emit, now: () => number) {
  const started = now();
  const sightings = new Map<string, Map<string, ServerState>>();
  const keyOf = ({ name, value }: Pick<WatchedValue, "name" | "value">) => `${name} ${value}`;
  const of = (value: Pick<WatchedValue, "name" | "value">) => [...(sightings.get(keyOf(value))?.values() ?? [])];
  return {
    of,
    note: (sighting: TxtSighting) => {
      const { name, value, server, state, detail } = sighting;
      const byServer = sightings.get(keyOf(sighting)) ?? new Map<string, ServerState>();
      sightings.set(keyOf(sighting), byServer.set(server, { server, state, detail }));
      emit({ type: "propagation.waiting", name, value, servers: of(sighting), elapsedMs: now() - started });
    },
    seen: ({ name, value }: WatchedValue) => {
      emit({ type: "propagation.seen", name, value, elapsedMs: now() - started });
    },
  };
}
