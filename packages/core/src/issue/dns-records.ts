import type { TxtRecord } from "@certwright/provider";
import { asError } from "@certwright/provider/errors";
import type { TxtEventRecord } from "../events.ts";
import { effectPlace, type NewEffect } from "../store/effects.ts";
import type { Journal } from "../store/journal.ts";
import type { World } from "../world.ts";
import type { DnsBinding, PlacedRecord } from "./dns-place.ts";
import type { Task, TaskFailure } from "./solver.ts";

/** A record that was set for a task, and how to find it in the journal. */
export interface PresentedRecord extends PlacedRecord {
  readonly effect: string;
  readonly recordId: string | undefined;
}

/** What writing records down and telling of them needs. */
export interface RecordKeeping {
  /** Name in the store of the certificate they are for. */
  readonly certificate: string;
  readonly journal: Pick<Journal, "record" | "done" | "pending">;
  readonly world: World;
}

/** Adds the records of one zone: journal first, so that whatever happens next somebody knows of them. */
export async function addRecords(
  entries: readonly (PlacedRecord & { readonly task: Task })[],
  presented: Map<string, PresentedRecord>,
  { certificate, journal, world }: RecordKeeping,
): Promise<readonly TaskFailure[]> {
  const [first] = entries;
  if (first === undefined) return [];
  const effects = await journal.record(
    entries.map((entry) => ({ ...effectOf(entry), certificate })),
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
    if (wasTurnedAway(error)) {
      // Nothing was written, and the same credential could not remove it either.
      journal.done(effects.map(({ id }) => id));
      for (const { task } of entries) presented.delete(task.id);
    }
    return entries.map(({ task }) => ({ task, error: asError(error) }));
  }
}

/** True where the API refused to let us in at all. */
function wasTurnedAway(error: unknown): boolean {
  return (
    error instanceof Error && "code" in error && (error.code === "PROVIDER_AUTH" || error.code === "PROVIDER_FORBIDDEN")
  );
}

/**
 * Removes the records of one zone; what cannot be removed stays in the journal, and is told. Of two certificates for one name
 * a CA may want the same value: the first to be done leaves it to the other.
 */
export async function removeRecords(
  presented: readonly PresentedRecord[],
  { journal, world }: RecordKeeping,
  signal: AbortSignal,
): Promise<void> {
  const own = new Set(presented.map(({ effect }) => effect));
  const wanted = new Set(journal.pending().flatMap((effect) => (own.has(effect.id) ? [] : effectPlace(effect))));
  const entries = presented.filter((entry) => !wanted.has(effectPlace(effectOf(entry))));
  journal.done(presented.filter((entry) => !entries.includes(entry)).map(({ effect }) => effect));
  const [first] = entries;
  if (first === undefined) return;
  const records = entries.map(({ record, recordId }) =>
    recordId === undefined ? record : { ...record, id: recordId },
  );
  try {
    await removeDespiteAbort(first.binding, records, world.signal, signal);
    journal.done(entries.map(({ effect }) => effect));
    world.emit({ type: "txt.removed", records: entries.map(describe) });
  } catch (cause) {
    const error = asError(cause);
    const code = "code" in error && typeof error.code === "string" ? error.code : "PROVIDER_FAILED";
    world.emit({ type: "txt.leftOver", records: entries.map(describe), code, message: error.message });
  }
}

/** The run's own handle obeys the run's signal; once that is aborted, only one under the clean-up's signal can work. */
async function removeDespiteAbort(
  { handle, reopen }: DnsBinding,
  records: readonly TxtRecord[],
  run: AbortSignal,
  cleanUp: AbortSignal,
): Promise<void> {
  try {
    await handle.remove(records);
  } catch (error) {
    if (!run.aborted) throw error;
    await (await reopen(cleanUp)).remove(records);
  }
}

function effectOf({ binding, record }: PlacedRecord): Omit<NewEffect, "certificate"> {
  const { zone, fqdn: name, value } = record;
  return { kind: "dns-txt", where: binding.handle.instance, zone: zone.name, name, value };
}

function describe({ binding, record }: PlacedRecord): TxtEventRecord {
  return { name: record.fqdn, value: record.value, zone: record.zone.name, provider: binding.handle.instance };
}
