import type { DefinedProvider, ProviderTraits } from "./define.ts";
import { CertwrightError, ProviderError } from "./errors.ts";
import { checkVersion, guard } from "./guard.ts";
import type { ProviderHost } from "./host.ts";
import { atOnce, mapLimited } from "./limited.ts";
import { createLocks, type Locks } from "./locks.ts";
import { makeContext } from "./make-context.ts";
import { createMasker } from "./mask.ts";
import { secretsOf } from "./options.ts";
import { recordSetWriter } from "./record-set-writer.ts";
import { recordWriter } from "./record-writer.ts";
import { byName, isAboutMore, type ShapeHost, type ZoneWriter } from "./shape-host.ts";
import type { Provider, TxtRecord, Zone, ZoneName } from "./shapes.ts";
import { parseZonePin, zoneOf } from "./zone-name.ts";
import { zoneWriter } from "./zone-writer.ts";
import { createZoneBook } from "./zones.ts";

/** How a provider is opened. */
export interface OpenOptions {
  /** The name of this account in the configuration; the provider's id where there is only one. */
  readonly instance: string;
  /** As `readOptions` read them. */
  readonly options: Readonly<Record<string, unknown>>;
  readonly host: ProviderHost;
  /** Pinned zones, `example.com` or `example.com=ID`: names below them are never looked for elsewhere. */
  readonly zones?: readonly string[];
  /** Shared among handles that may change the same zones, as one for clean-up beside one for the run. Default: its own. */
  readonly locks?: Locks;
}

/** An opened provider: whatever its shape, values are added and removed. Made for one run. */
export interface ProviderHandle {
  readonly definition: DefinedProvider;
  readonly instance: string;
  /** Whether `findZone` can answer for names that are not pinned. */
  readonly listsZones: boolean;
  /**
   * The zone that holds `fqdn`: the pinned one, else the longest of `candidates(fqdn)` the account has.
   * Undefined where it has none, or where the provider lists no zones.
   *
   * @throws ProviderError `PROVIDER_CONFLICT` for two zones of one name (private and public), and what the API's calls throw.
   */
  findZone(fqdn: string, candidates: readonly string[]): Promise<Zone | undefined>;
  /** The error for a name `findZone` found no zone for: says what the credential does see. */
  zoneNotFound(fqdn: string): ProviderError;
  /**
   * Makes every value present at its name and keeps all others; one that is there already is fine.
   * Answers the API's ids in the order of the records, where it gives any: keep them for `remove`.
   *
   * @throws ProviderError; some of the records may have been added then, and all must be removed.
   */
  add(records: readonly TxtRecord[]): Promise<readonly (string | undefined)[]>;
  /** Removes exactly these values; absent ones are fine. @throws ProviderError, after trying the others where that makes sense. */
  remove(records: readonly TxtRecord[]): Promise<void>;
  /** Whether all name servers have what was changed in this zone; only where the API tells. */
  inSync?(zone: Zone): Promise<boolean>;
}

/**
 * Opens a provider: runs its `create` and turns whichever shape it returns into values added and removed,
 * with locks as its traits ask for, and every error masked and filled in.
 *
 * @throws ProviderError what `create` throws; CertwrightError `PROVIDER_DEFINITION` for another version of the interface
 * or a shape that is not the promised one.
 */
export async function openProvider(
  definition: DefinedProvider,
  { instance, options, host, zones = [], locks = createLocks() }: OpenOptions,
): Promise<ProviderHandle> {
  checkVersion(definition);
  const mask = createMasker(secretsOf(definition, options));
  const call = guard(definition.id, instance, host.signal, mask);
  const context = makeContext({ definition, instance, values: options, host, mask });
  const provider = await call("configure", () => definition.create(options as never, context));
  const { traits } = definition;
  const maxValues = traits.maxValues ?? Number.POSITIVE_INFINITY;
  const keys = lockKeys(definition.id, traits);
  const queues = traits.concurrency === "zone" || traits.concurrency === "serial";
  // Where a name, or the whole zone, holds few values, those of several callers must not meet.
  const joins = queues && traits.maxValues === undefined && traits.limits?.separateNames === undefined;
  const writer = writerFor(definition, provider, { locks, maxValues, call, keys, joins });

  let lane = 0;
  const book = createZoneBook({
    name: definition.name,
    filters: (provider.zones?.length ?? 0) > 0,
    pins: zones.map(parseZonePin),
    list:
      provider.zones === undefined
        ? undefined
        : (names) => {
            const key =
              traits.concurrency === "serial" ? serialKey(definition.id) : `${definition.id} zones ${lane++ % atOnce}`;
            return locks.hold([key], () => call("zones", async () => collect(await provider.zones?.(names))));
          },
  });

  return {
    definition,
    instance,
    listsZones: provider.zones !== undefined,
    findZone: (fqdn, names) => book.find(fqdn, names),
    zoneNotFound: (fqdn) => book.notFound(fqdn),
    async add(records) {
      const distinct = distinctRecords(records, traits.minTtl ?? 60);
      for (const group of byName(distinct))
        if (group.length > maxValues) throw tooManyAtOnce(definition, group[0], group.length, maxValues);
      const ids = await mapLimited(byZone(distinct), (group) => writer.add(group[0].zone, group));
      const known = new Map(
        byZone(distinct).flatMap((group, at) =>
          group.map((record, index) => [keyOf(record), ids[at]?.[index]] as const),
        ),
      );
      return records.map((record) => known.get(keyOf(record)));
    },
    async remove(records) {
      const groups = byZone(distinctRecords(records, traits.minTtl ?? 60));
      await mapLimited(groups, (group) => writer.remove(group[0].zone, group), { isFinal: isAboutMore });
    },
    ...(provider.inSync === undefined
      ? {}
      : {
          inSync: (zone) =>
            locks.hold(keys({ zone, name: "@", fqdn: zone.name }), () =>
              call("inSync", async () => (await provider.inSync?.(zone)) === true),
            ),
        }),
  };
}

function writerFor(definition: DefinedProvider, provider: Provider, host: ShapeHost): ZoneWriter {
  const { granularity } = definition.traits;
  if (granularity === "record" && "add" in provider) return recordWriter(provider, host);
  if (granularity === "recordSet" && "get" in provider) return recordSetWriter(provider, host);
  if (granularity === "zone" && "read" in provider) return zoneWriter(provider, host);
  throw new CertwrightError(
    "PROVIDER_DEFINITION",
    `${definition.id} declares the granularity ${granularity}, but create returns another shape`,
    {
      hint: "This is a fault of the provider; report it to its author.",
    },
  );
}

const serialKey = (id: string) => `${id} *`;

/** Reading, changing and writing back is one step for the host, so sets and zones are locked even where calls are free. */
function lockKeys(id: string, { concurrency, granularity }: ProviderTraits): (name: ZoneName) => readonly string[] {
  const wanted = concurrency ?? (granularity === "zone" ? "zone" : "name");
  if (wanted === "serial") return () => [serialKey(id)];
  if (wanted === "zone" || granularity === "zone") return ({ zone }) => [`${id} ${zone.id}`];
  if (wanted === "free" && granularity === "record") return () => [];
  return ({ zone, fqdn }) => [`${id} ${zone.id} ${fqdn}`];
}

async function collect(
  found: Iterable<string | Zone> | AsyncIterable<string | Zone> | undefined,
): Promise<readonly Zone[]> {
  const zones: Zone[] = [];
  for await (const entry of found ?? []) zones.push(zoneOf(entry));
  return zones;
}

const keyOf = ({ zone, fqdn, value }: TxtRecord): string => JSON.stringify([zone.id, fqdn, value]);

/** Each value at each name once, with the TTL the API takes. */
function distinctRecords(records: readonly TxtRecord[], minTtl: number): readonly TxtRecord[] {
  const seen = new Map(records.map((record) => [keyOf(record), record]));
  return [...seen.values()].map((record) => ({ ...record, ttl: Math.max(record.ttl, minTtl) }));
}

function byZone(records: readonly TxtRecord[]): readonly (readonly [TxtRecord, ...TxtRecord[]])[] {
  const groups = new Map<string, [TxtRecord, ...TxtRecord[]]>();
  for (const record of records) {
    const group = groups.get(record.zone.id);
    if (group === undefined) groups.set(record.zone.id, [record]);
    else group.push(record);
  }
  return [...groups.values()];
}

function tooManyAtOnce({ id, name }: DefinedProvider, { fqdn }: TxtRecord, count: number, most: number): ProviderError {
  return new ProviderError(
    "PROVIDER_UNSUPPORTED",
    `${count} values were to be added at ${fqdn} at once, but ${name} holds ${most} at a name`,
    {
      provider: id,
      operation: "add",
      hint: "They have to be added in turns; that they were not is a fault of the caller.",
    },
  );
}
