import { isCertwrightError, ProviderError } from "./errors.ts";
import type { Guarded } from "./guard.ts";
import type { Locks } from "./locks.ts";
import type { TxtRecord, Zone, ZoneName } from "./shapes.ts";

/** What the three shapes become: values added to and removed from one zone. */
export interface ZoneWriter {
  /** Ids in the order of the records. */
  add(zone: Zone, records: readonly TxtRecord[]): Promise<readonly (string | undefined)[]>;
  remove(zone: Zone, records: readonly TxtRecord[]): Promise<void>;
}

/** What the adapters of the shapes stand on. */
export interface ShapeHost {
  readonly locks: Locks;
  /** The locks that changing this name needs; the same for every name of a zone where the API takes one call per zone. */
  keys(name: ZoneName): readonly string[];
  readonly call: Guarded;
  /** Calls about one zone wait for each other, so that those that wait may as well go together. */
  readonly joins: boolean;
  /** How many values a name can hold. */
  readonly maxValues: number;
}

/** Records by whole name, in the order of their first appearance. */
export function byName(records: readonly TxtRecord[]): readonly (readonly [TxtRecord, ...TxtRecord[]])[] {
  const groups = new Map<string, [TxtRecord, ...TxtRecord[]]>();
  for (const record of records) {
    const group = groups.get(record.fqdn);
    if (group === undefined) groups.set(record.fqdn, [record]);
    else group.push(record);
  }
  return [...groups.values()];
}

/** True when a change may have happened although it failed, so that doing it again finds out and completes it. */
export function isUncertain(error: unknown): boolean {
  return isCertwrightError(error) && "uncertain" in error && error.uncertain === true;
}

/** True when reading anew and writing again can succeed: somebody else was faster, or the first write may have been lost. */
export function isWorthRereading(error: unknown): boolean {
  return isUncertain(error) || (isCertwrightError(error) && error.code === "PROVIDER_CONFLICT");
}

/** Does it once more after a failure for which that makes sense. */
export async function onceMore<T>(work: () => Promise<T>, isWorth: (error: unknown) => boolean): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!isWorth(error)) throw error;
    return work();
  }
}

const oneRecordOnly = new Set([
  "PROVIDER_NOT_FOUND",
  "PROVIDER_CONFLICT",
  "PROVIDER_INVALID",
  "PROVIDER_BAD_ANSWER",
  "PROVIDER_UNSUPPORTED",
  "PROVIDER_FAILED",
]);

/** For removals, which go on after a failure that says nothing about the other records. */
export function isAboutMore(error: unknown): boolean {
  return !isCertwrightError(error) || !oneRecordOnly.has(error.code);
}

/** The error for a name that cannot take our value because of values that are not ours. */
export function nameIsFull({ fqdn }: TxtRecord, present: number, most: number): ProviderError {
  return new ProviderError(
    "PROVIDER_QUOTA",
    `${fqdn} already holds ${present} TXT value${present === 1 ? "" : "s"}; the API takes ${most} at one name`,
    {
      hint: "The value there is not ours to remove. If it is left over, remove it with `certwright dns remove`, then run again.",
    },
  );
}
