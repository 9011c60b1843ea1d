import {
  authoritativeServers,
  type DnsServer,
  type PropagationMode,
  type TxtSighting,
  waitForTxt,
} from "@certwright/dns";
import { CertwrightError } from "@certwright/provider";
import { type ChallengeRecord, dns01Record, dnsAccount01Record } from "../acme/challenge.ts";
import type { TxtEventRecord } from "../events.ts";
import type { Journal } from "../store/journal.ts";
import type { World } from "../world.ts";
import { type DnsPlacing, type PlacedRecord, placeRecord } from "./dns-place.ts";
import { asTheySettle } from "./settle.ts";
import type { Solver, Task, TaskFailure, TaskOutcome } from "./solver.ts";

/** How the two challenge types that set a TXT record for each order are met. */
export interface DnsSolverOptions extends DnsPlacing {
  /** `dns-01` (RFC 8555 section 8.4) or `dns-account-01` (draft-ietf-acme-dns-account-label). */
  readonly type: "dns-01" | "dns-account-01";
  readonly propagation: PropagationMode;
  /** Seconds; default the longest any of the providers names. */
  readonly patience?: number;
  /** Asked in place of the zone's own name servers. */
  readonly nameservers?: readonly DnsServer[];
  /** Name in the store of the certificate it is for. */
  readonly certificate: string;
  readonly journal: Pick<Journal, "record" | "done">;
  readonly world: World;
}

/** A record that was set for a task, and how to find it in the journal. */
interface PresentedRecord extends PlacedRecord {
  readonly effect: string;
  readonly recordId: string | undefined;
}

/** Meets challenges by TXT records, at whatever providers serve the names. */
export function createDnsSolver(options: DnsSolverOptions): Solver {
  const { bindings } = options;
  const presented = new Map<string, PresentedRecord>();

  return {
    type: options.type,
    label: `${options.type} (${bindings.map(({ handle }) => handle.instance).join(", ")})`,
    solves: (identifier) => identifier.type === "dns",
    rounds: (tasks) => inRounds(tasks, options),
    present: async (tasks, signal) => {
      const placed = await Promise.all(tasks.map((task) => placeTask(task, options, signal)));
      const failures = placed.flatMap((entry) => ("error" in entry ? [entry] : []));
      const zones = Map.groupBy(
        placed.flatMap((entry) => ("error" in entry ? [] : [entry])),
        ({ binding, record }) => `${binding.handle.instance} ${record.zone.name}`,
      );
      const failed = await Promise.all([...zones.values()].map((entries) => addAll(entries, presented, options)));
      return [...failures, ...failed.flat()];
    },
    wait: (tasks, signal) => waitAll(tasks, presented, options, signal),
    cleanUp: async (tasks) => {
      const mine = tasks.flatMap((task) => presented.get(task.id) ?? []);
      const zones = Map.groupBy(mine, ({ binding, record }) => `${binding.handle.instance} ${record.zone.name}`);
      await Promise.all([...zones.values()].map((entries) => removeAll(entries, options)));
      for (const { id } of tasks) presented.delete(id);
    },
  };
}

/** The record the CA will ask for, before aliases. */
function challengeRecord({ type, identifier, keyAuthorization, accountUrl }: Task): ChallengeRecord {
  if (type === "dns-account-01") return dnsAccount01Record(identifier.value, keyAuthorization, accountUrl);
  return dns01Record(identifier.value, keyAuthorization);
}

async function placeTask(
  task: Task,
  options: DnsSolverOptions,
  signal: AbortSignal,
): Promise<(PlacedRecord & { readonly task: Task }) | TaskFailure> {
  try {
    const { name, value } = challengeRecord(task);
    const placed = await placeRecord(name, value, options, options.world, signal);
    return { ...placed, task };
  } catch (error) {
    signal.throwIfAborted();
    return { task, error: asError(error) };
  }
}

/** Adds the records of one zone: journal first, so that whatever happens next somebody knows of them. */
async function addAll(
  entries: readonly (PlacedRecord & { readonly task: Task })[],
  presented: Map<string, PresentedRecord>,
  { certificate, journal, world }: DnsSolverOptions,
): Promise<readonly TaskFailure[]> {
  const [first] = entries;
  if (first === undefined) return [];
  const effects = await journal.record(
    entries.map(({ binding, record }) => ({
      kind: "dns-txt" as const,
      where: binding.handle.instance,
      zone: record.zone.name,
      name: record.fqdn,
      value: record.value,
      certificate,
    })),
    world.now(),
  );
  entries.forEach(({ task, binding, record }, index) => {
    presented.set(task.id, { binding, record, effect: effects[index]?.id ?? "", recordId: undefined });
  });
  world.emit({ type: "txt.adding", records: entries.map(describe) });
  try {
    const recordIds = await first.binding.handle.add(entries.map(({ record }) => record));
    entries.forEach(({ task, binding, record }, index) => {
      presented.set(task.id, { binding, record, effect: effects[index]?.id ?? "", recordId: recordIds[index] });
    });
    world.emit({ type: "txt.added", records: entries.map(describe) });
    return [];
  } catch (error) {
    world.signal.throwIfAborted();
    return entries.map(({ task }) => ({ task, error: asError(error) }));
  }
}

async function removeAll(entries: readonly PresentedRecord[], { journal, world }: DnsSolverOptions): Promise<void> {
  const [first] = entries;
  if (first === undefined) return;
  try {
    await first.binding.handle.remove(
      entries.map(({ record, recordId }) => (recordId === undefined ? record : { ...record, id: recordId })),
    );
    journal.done(entries.map(({ effect }) => effect));
    world.emit({ type: "txt.removed", records: entries.map(describe) });
  } catch (cause) {
    const error = asError(cause);
    const code = "code" in error && typeof error.code === "string" ? error.code : "PROVIDER_FAILED";
    world.emit({ type: "txt.leftOver", records: entries.map(describe), code, message: error.message });
  }
}

/** Yields each task as soon as every name server of its zone shows its value. */
async function* waitAll(
  tasks: readonly Task[],
  presented: ReadonlyMap<string, PresentedRecord>,
  options: DnsSolverOptions,
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
  const sightings = new Map<string, Map<string, TxtSighting>>();
  const watch = waitForTxt(options.propagation, {
    records: open.map(({ entry: { record } }) => ({
      name: record.fqdn,
      value: record.value,
      servers: servers.get(record.zone.name) ?? [],
    })),
    clock: { now: world.now, sleep: (milliseconds, abort) => world.sleep(milliseconds, abort ?? signal) },
    timeoutMs:
      (options.patience ??
        Math.max(...options.bindings.map(({ handle }) => handle.definition.traits.propagation ?? 120))) * 1000,
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

/** Seconds; see `ProviderTraits.propagation`. */
function patience({ bindings }: DnsSolverOptions): number {
  return Math.max(...bindings.map(({ handle }) => handle.definition.traits.propagation ?? 120));
}

/** The servers to watch, by zone; nothing is looked up when nobody will be asked. */
async function serversByZone(
  entries: readonly PlacedRecord[],
  options: DnsSolverOptions,
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

/** Tasks whose records cannot stand together where a provider holds few values at one name. */
function inRounds(tasks: readonly Task[], { bindings }: DnsSolverOptions): readonly (readonly Task[])[] {
  const most = Math.min(
    ...bindings.map(({ handle }) => handle.definition.traits.maxValues ?? Number.POSITIVE_INFINITY),
  );
  const rounds: Task[][] = [];
  const used = new Map<string, number>();
  for (const task of tasks) {
    const { name } = challengeRecord(task);
    const before = used.get(name) ?? 0;
    used.set(name, before + 1);
    const round = Number.isFinite(most) ? Math.floor(before / most) : 0;
    rounds[round] = [...(rounds[round] ?? []), task];
  }
  return rounds;
}

function describe({ binding, record }: PlacedRecord): TxtEventRecord {
  return { name: record.fqdn, value: record.value, zone: record.zone.name, provider: binding.handle.instance };
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new CertwrightError("PROVIDER_FAILED", String(error));
}
