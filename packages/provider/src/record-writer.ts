import { joined } from "./joined.ts";
import { mapLimited } from "./limited.ts";
import { isAboutMore, isUncertain, onceMore, type ShapeHost, type ZoneWriter } from "./shape-host.ts";
import type { RecordShape, TxtRecord, Zone } from "./shapes.ts";

type Change<Result> = (zone: Zone, records: readonly TxtRecord[]) => Promise<readonly Result[]>;

/**
 * Adds and removes through an API of single records.
 *
 * A call whose outcome is uncertain is made once more: the contract makes both repeatable.
 */
export function recordWriter(shape: RecordShape, host: ShapeHost): ZoneWriter {
  const { locks, keys, call } = host;
  const addAll = perZone(host, (zone, records: readonly TxtRecord[]) =>
    locks.hold(records.flatMap(keys), async () => {
      const ids = await onceMore(
        () => call("add", async () => (await shape.addAll?.(zone, records)) ?? []),
        isUncertain,
      );
      return records.map((_record, index) => ids[index]);
    }),
  );
  const removeAll = perZone(host, async (zone, records: readonly TxtRecord[]) => {
    await locks.hold(records.flatMap(keys), () =>
      onceMore(() => call("remove", async () => shape.removeAll?.(zone, records)), isUncertain),
    );
    return [];
  });
  return {
    async add(zone, records) {
      if (shape.addAll === undefined)
        return mapLimited(records, (record) =>
          locks.hold(keys(record), () =>
            onceMore(() => call("add", async () => (await shape.add(record)) ?? undefined), isUncertain),
          ),
        );
      return await addAll(zone, records);
    },
    async remove(zone, records) {
      if (shape.removeAll === undefined)
        await mapLimited(
          records,
          (record) =>
            locks.hold(keys(record), () => onceMore(() => call("remove", () => shape.remove(record)), isUncertain)),
          { isFinal: isAboutMore },
        );
      else await removeAll(zone, records);
    },
  };
}

/** The same change, joined for each zone where calls would only wait for each other. */
function perZone<Result>({ joins }: ShapeHost, change: Change<Result>): Change<Result> {
  if (!joins) return change;
  const zones = new Map<string, (records: readonly TxtRecord[]) => Promise<readonly Result[]>>();
  return (zone, records) => {
    const known = zones.get(zone.id) ?? joined((all) => change(zone, all));
    zones.set(zone.id, known);
    return known(records);
  };
}
