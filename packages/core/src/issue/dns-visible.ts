import {
  authoritativeServers,
  type DnsServer,
  type PropagationMode,
  type TxtSighting,
  waitForTxt,
} from "@certwright/dns";
import { asError } from "@certwright/provider/errors";
import type { World } from "../world.ts";
import type { DnsBinding, PlacedRecord } from "./dns-place.ts";
import type { PresentedRecord } from "./dns-records.ts";
import { waitInSync } from "./in-sync.ts";
import { asTheySettle } from "./settle.ts";
import type { Task, TaskOutcome } from "./solver.ts";

/** How records are waited for. */
export interface Watching {
  readonly bindings: readonly DnsBinding[];
  readonly propagation: PropagationMode;
  /** Seconds; default the longest any of the providers names. */
  readonly patience?: number;
  /** Asked in place of the zone's own name servers. */
  readonly nameservers?: readonly DnsServer[];
  readonly world: World;
}

/** Yields each task as soon as every name server of its zone shows its value. */
export async function* whenVisible(
  tasks: readonly Task[],
  presented: ReadonlyMap<string, PresentedRecord>,
  options: Watching,
  signal: AbortSignal,
): AsyncGenerator<TaskOutcome> {
  const { world } = options;
  const started = world.now();
  const open = tasks.flatMap((task) => {
    const entry = presented.get(task.id);
    return entry === undefined ? [] : [{ task, entry }];
  });
  const servers = await serversByZone(
    open.map(({ entry }) => entry),
    options,
    signal,
  );
  const timeoutMs = (options.patience ?? patience(options)) * 1000;
  const inSync = byZone(
    open.map(({ entry }) => entry),
    (entry) =>
      options.propagation.type === "watch"
        ? waitInSync({ binding: entry.binding, zone: entry.record.zone, timeoutMs, world, signal })
        : Promise.resolve(),
  );
  const sightings = new Map<string, Map<string, TxtSighting>>();
  const watch = waitForTxt(options.propagation, {
    records: open.map(({ entry: { record } }) => ({
      name: record.fqdn,
      value: record.value,
      servers: servers.get(record.zone.name) ?? [],
    })),
    clock: { now: world.now, sleep: (milliseconds, abort) => world.sleep(milliseconds, abort ?? signal) },
    timeoutMs,
    // A server that answers from what was just written may be asked at once; others are given a moment.
    firstMs: patience(options) <= 5 ? 0 : 100,
    random: world.random,
    signal,
    onState: (sighting) => {
      const key = `${sighting.name} ${sighting.value}`;
      const seenBy = sightings.get(key) ?? new Map<string, TxtSighting>();
      sightings.set(key, seenBy.set(sighting.server, sighting));
      world.emit({
        type: "propagation.waiting",
        name: sighting.name,
        value: sighting.value,
        servers: [...seenBy.values()].map(({ server, state, detail }) => ({ server, state, detail })),
        elapsedMs: world.now() - started,
      });
    },
  });
  yield* asTheySettle(
    open.map(async ({ task, entry: { record } }, index): Promise<TaskOutcome> => {
      try {
        await watch.visible[index];
        await inSync.get(record.zone.name);
      } catch (error) {
        signal.throwIfAborted();
        return { task, ready: false, error: asError(error) };
      }
      world.emit({
        type: "propagation.seen",
        name: record.fqdn,
        value: record.value,
        elapsedMs: world.now() - started,
      });
      return { task, ready: true };
    }),
  );
}

/** One promise for each zone, begun at once; a rejection is heard by whoever awaits it. */
function byZone(
  entries: readonly PlacedRecord[],
  begin: (entry: PlacedRecord) => Promise<void>,
): ReadonlyMap<string, Promise<void>> {
  const begun = new Map<string, Promise<void>>();
  for (const entry of entries) {
    const { name } = entry.record.zone;
    if (begun.has(name)) continue;
    const promise = begin(entry);
    promise.catch(() => undefined);
    begun.set(name, promise);
  }
  return begun;
}

/** Seconds; see `ProviderTraits.propagation`. */
function patience({ bindings }: Watching): number {
  return Math.max(...bindings.map(({ handle }) => handle.definition.traits.propagation ?? 120));
}

/** The servers to watch, by zone; nothing is looked up when nobody will be asked. */
async function serversByZone(
  entries: readonly PlacedRecord[],
  options: Watching,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, readonly DnsServer[]>> {
  if (options.propagation.type !== "watch") return new Map();
  const zones = [...new Set(entries.map(({ record }) => record.zone.name))];
  const override = options.nameservers;
  const found = await Promise.all(
    zones.map(async (zone) => {
      const { servers } = await authoritativeServers(zone, options.world.resolver, {
        signal,
        ...(override === undefined ? {} : { override }),
      });
      return [zone, servers] as const;
    }),
  );
  return new Map(found);
}
