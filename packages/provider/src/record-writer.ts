import { mapLimited } from "./limited.ts";
import { isAboutMore, isUncertain, onceMore, type ShapeHost, type ZoneWriter } from "./shape-host.ts";
import type { RecordShape } from "./shapes.ts";

/**
 * Adds and removes through an API of single records.
 *
 * A call whose outcome is uncertain is made once more: the contract makes both repeatable.
 */
export function recordWriter(shape: RecordShape, host: ShapeHost): ZoneWriter {
  const { locks, keys, call } = host;
  return {
    async add(zone, records) {
      if (shape.addAll === undefined)
        return mapLimited(records, (record) =>
          locks.hold(keys(record), () =>
            onceMore(() => call("add", async () => (await shape.add(record)) ?? undefined), isUncertain),
          ),
        );
      return locks.hold(records.flatMap(keys), async () => {
        const ids = await onceMore(
          () => call("add", async () => (await shape.addAll?.(zone, records)) ?? []),
          isUncertain,
        );
        return records.map((_record, index) => ids[index]);
      });
    },
    async remove(zone, records) {
      if (shape.removeAll === undefined)
        await mapLimited(
          records,
          (record) =>
            locks.hold(keys(record), () => onceMore(() => call("remove", () => shape.remove(record)), isUncertain)),
          isAboutMore,
        );
      else
        await locks.hold(records.flatMap(keys), () =>
          onceMore(() => call("remove", async () => shape.removeAll?.(zone, records)), isUncertain),
        );
    },
  };
}
