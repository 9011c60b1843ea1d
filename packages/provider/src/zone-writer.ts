import { byName, isWorthRereading, nameIsFull, onceMore, type ShapeHost, type ZoneWriter } from "./shape-host.ts";
import type { TxtRecord, Zone, ZoneShape } from "./shapes.ts";

/**
 * Adds and removes through an API that knows only whole zones: reads it, changes nothing but our TXT values, writes it
 * back, all under the lock of the zone. Starts again from reading, once, where that can help.
 */
export function zoneWriter<R>(shape: ZoneShape<R>, { locks, keys, call, maxValues }: ShapeHost): ZoneWriter {
  const rewrite = (
    zone: Zone,
    operation: "add" | "remove",
    records: readonly TxtRecord[],
    change: (lines: readonly R[]) => readonly R[],
  ) => {
    const work = async () => {
      const lines = await call("read", () => shape.read(zone));
      const changed = await call(operation, () => change(lines));
      if (changed !== lines) await call(operation, () => shape.write(zone, changed));
    };
    return locks.hold(records.flatMap(keys), () => onceMore(work, isWorthRereading));
  };
  const holds = (line: R, record: TxtRecord) => shape.txt(line, record) === record.value;

  return {
    async add(zone, records) {
      await rewrite(zone, "add", records, (lines) => {
        const missing = records.filter((record) => !lines.some((line) => holds(line, record)));
        for (const [first, ...rest] of byName(missing)) {
          const present = lines.filter((line) => shape.txt(line, first) !== undefined).length;
          if (present + 1 + rest.length > maxValues) throw nameIsFull(first, present, maxValues);
        }
        return missing.length === 0 ? lines : [...lines, ...missing.map((record) => shape.record(record))];
      });
      return records.map(() => undefined);
    },
    remove: (zone, records) =>
      rewrite(zone, "remove", records, (lines) => {
        const kept = lines.filter((line) => !records.some((record) => holds(line, record)));
        return kept.length === lines.length ? lines : kept;
      }),
  };
}
