import { asError } from "@certwright/provider/errors";
import { type ChallengeRecord, dns01Record, dnsAccount01Record } from "../acme/challenge.ts";
import { type DnsPlacing, type PlacedRecord, placeRecord } from "./dns-place.ts";
import { addRecords, type PresentedRecord, type RecordKeeping, removeRecords } from "./dns-records.ts";
import { type Watching, whenVisible } from "./dns-visible.ts";
import { allDone } from "./settle.ts";
import type { Solver, Task, TaskFailure } from "./solver.ts";

/** How the two challenge types that set a TXT record for each order are met. */
export interface DnsSolverOptions extends DnsPlacing, Watching, RecordKeeping {
  /** `dns-01` (RFC 8555 section 8.4) or `dns-account-01` (draft-ietf-acme-dns-account-label). */
  readonly type: "dns-01" | "dns-account-01";
  readonly bindings: DnsPlacing["bindings"];
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
      const failed = await allDone([...zones.values()].map((entries) => addRecords(entries, presented, options)));
      return [...failures, ...failed.flat()];
    },
    wait: (tasks, signal) => whenVisible(tasks, presented, options, signal),
    cleanUp: async (tasks, signal) => {
      const mine = tasks.flatMap((task) => presented.get(task.id) ?? []);
      const zones = Map.groupBy(mine, ({ binding, record }) => `${binding.handle.instance} ${record.zone.name}`);
      await Promise.all([...zones.values()].map((entries) => removeRecords(entries, options, signal)));
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

/** Tasks whose records cannot stand together where a provider holds few values at one name. */
function inRounds(tasks: readonly Task[], { bindings }: DnsSolverOptions): readonly (readonly Task[])[] {
  const most = Math.min(
    ...bindings.map(({ handle }) => handle.definition.traits.maxValues ?? Number.POSITIVE_INFINITY),
  );
  // Where every name of a zone shows the same value, only one record can stand at a time.
  if (bindings.some(({ handle }) => handle.definition.traits.limits?.separateNames !== undefined)) {
    return tasks.map((task) => [task]);
  }
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
