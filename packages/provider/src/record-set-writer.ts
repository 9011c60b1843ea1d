import { mapLimited } from "./limited.ts";
import {
  byName,
  isAboutMore,
  isWorthRereading,
  nameIsFull,
  onceMore,
  type ShapeHost,
  type ZoneWriter,
} from "./shape-host.ts";
import type { RecordSetShape, TxtRecord, TxtRecordSet, Zone } from "./shapes.ts";

type Group = readonly [TxtRecord, ...TxtRecord[]];
type Merge = (present: readonly string[], group: Group) => readonly string[];

/**
 * Adds and removes through an API that replaces all values of a name: reads the set, changes it, writes it back, all
 * under the lock of that name. Nothing is written where nothing changes. After a conflict, or a write that may or may
 * not have happened, it starts again from reading, once.
 */
export function recordSetWriter(shape: RecordSetShape, host: ShapeHost): ZoneWriter {
  const { locks, keys, call } = host;

  const change = async (group: Group, merge: Merge) => {
    const set = setOf(group);
    const present = await call("read", () => shape.get(set));
    const values = merge(present, group);
    return { set, values, same: isSame(present, values) };
  };

  async function apply(
    zone: Zone,
    operation: "add" | "remove",
    records: readonly TxtRecord[],
    merge: Merge,
  ): Promise<void> {
    const groups = byName(records);
    if (shape.setAll !== undefined) {
      const work = async () => {
        const all = await mapLimited(groups, (group) => change(group, merge), { limit: readsAtOnce(groups, keys) });
        const changed = all.filter(({ same }) => !same).map(({ set, values }) => ({ set, values }));
        if (changed.length > 0) await call(operation, async () => shape.setAll?.(zone, changed));
      };
      await locks.hold(records.flatMap(keys), () => onceMore(work, isWorthRereading));
      return;
    }
    const one = async (group: Group) => {
      const { set, values, same } = await change(group, merge);
      if (!same) await call(operation, () => shape.set(set, values));
    };
    await mapLimited(
      groups,
      (group) => locks.hold(keys(group[0]), () => onceMore(() => one(group), isWorthRereading)),
      operation === "remove" ? { isFinal: isAboutMore } : {},
    );
  }

  return {
    async add(zone, records) {
      await apply(zone, "add", records, (present, group) => {
        const values = [...new Set([...present, ...group.map(({ value }) => value)])];
        if (values.length > host.maxValues) throw nameIsFull(group[0], present.length, host.maxValues);
        return values;
      });
      return records.map(() => undefined);
    },
    remove: (zone, records) =>
      apply(zone, "remove", records, (present, group) =>
        present.filter((value) => !group.some((record) => record.value === value)),
      ),
  };
}

/** One read at a time where all names share a lock, because the API takes one call at a time. */
function readsAtOnce(groups: readonly Group[], keys: ShapeHost["keys"]): number | undefined {
  return groups.length > 1 && new Set(groups.flatMap(([first]) => keys(first))).size === 1 ? 1 : undefined;
}

function setOf([{ zone, name, fqdn, ttl }]: Group): TxtRecordSet {
  return { zone, name, fqdn, ttl };
}

/** The order of values in a set means nothing, but a value twice is to be written once. */
function isSame(present: readonly string[], values: readonly string[]): boolean {
  return present.length === values.length && values.every((value) => present.includes(value));
}
