import { relativeName } from "@certwright/dns";
import { candidates, messageOf, type Zone } from "@certwright/provider";
import type { Emit } from "../events.ts";
import type { DnsBinding } from "../issue/dns-place.ts";
import { allDone } from "../issue/settle.ts";
import type { CertificateSpec, ChallengeSpec } from "../spec.ts";
import { readCertificateSpec } from "../store/certificates.ts";
import type { Effect } from "../store/effects.ts";
import type { AdoptOptions } from "../store/journal.ts";
import { isStoreError, type LeaseHolder } from "../store/store-error.ts";
import { showHolder } from "../store/waiting.ts";
import { toldOf } from "../told-of.ts";
import type { Run } from "./parts.ts";

/** What a sweep came to. */
export interface Swept {
  readonly undone: number;
  readonly left: readonly { readonly effect: Effect; readonly reason: string }[];
  /** Effects of runs that are alive, as far as is known: theirs to undo. */
  readonly living: number;
  /** Journals nobody could read: what they hold is still there. */
  readonly unreadable: readonly Error[];
}

/** Undoes what this run was handed by runs that died. `specs` are those known besides the stored ones. */
export async function sweep(
  specs: readonly CertificateSpec[],
  run: Run,
  options: Pick<AdoptOptions, "whileUnsure"> = {},
): Promise<Swept> {
  const { effects, living, unreadable } = await run.journal.adopt({
    ...options,
    onWait: (holder) => run.world.emit({ type: "warning", ...toldOfWaiting(holder) }),
  });
  for (const error of unreadable) run.world.emit({ type: "warning", ...toldOf(error) });
  return { ...(await undoAll(effects, specs, run)), living, unreadable };
}

/**
 * Undoes what this run itself made for a certificate and could not undo then; to be called while it does not work on it. A
 * service outlives the DNS that was away for a moment, and nobody else may undo what is in its journal.
 */
export async function undoLeft(spec: CertificateSpec, run: Run): Promise<void> {
  const left = () => run.journal.pending().filter(({ certificate }) => certificate === spec.name);
  if (left().length === 0) return;
  try {
    // Another run may be at the same order, whose values are the same.
    await using _lease = await run.store.lease(`certificates/${spec.name}`, { signal: run.world.signal });
    await undoAll(left(), [spec], run);
  } catch (error) {
    run.world.signal.throwIfAborted();
    if (!isStoreError(error)) throw error;
  }
}

async function undoAll(
  effects: readonly Effect[],
  specs: readonly CertificateSpec[],
  run: Run,
): Promise<Pick<Swept, "undone" | "left">> {
  const outcomes = await allDone(
    effects.map(async (effect) => {
      try {
        const reason = await undoEffect(effect, specs, run);
        if (reason === undefined) run.journal.done([effect.id]);
        return { effect, reason };
      } catch (error) {
        run.world.signal.throwIfAborted();
        return { effect, reason: messageOf(error) };
      }
    }),
  );
  const left = outcomes.flatMap(({ effect, reason }) => (reason === undefined ? [] : [{ effect, reason }]));
  for (const { effect, reason } of left) {
    run.world.emit({
      type: "warning",
      code: "LEFT_OVER",
      certificate: effect.certificate,
      message: `${effect.kind} ${effect.name} from a run that ended early is still there: ${reason}`,
      hint: "`certwright cleanup` tries again with the certificate's own settings.",
    });
  }
  return { undone: effects.length - left.length, left };
}

function toldOfWaiting(holder: LeaseHolder | undefined) {
  const until =
    holder?.freeBy === undefined ? "" : `, until ${new Date(holder.freeBy).toISOString().slice(11, 19)} UTC at most`;
  return {
    code: "STORE_LOCKED",
    message: `${showHolder(holder)} has made things it is to undo; looking whether it is alive${until}`,
  };
}

/** Undefined when undone, else why not. */
export async function undoEffect(
  effect: Effect,
  specs: readonly CertificateSpec[],
  run: Run,
): Promise<string | undefined> {
  const spec =
    specs.find(({ name }) => name === effect.certificate) ?? (await readCertificateSpec(run.store, effect.certificate));
  const way = spec?.challenges.find((challenge) => (challenge.instance ?? challenge.provider) === effect.where);
  if (effect.kind !== "dns-txt") return await undoOther(effect, spec, run);
  if (way === undefined) return `nothing known of ${effect.certificate} says how to reach ${effect.where}`;
  await removeLeftRecord(effect, await run.parts.dnsBinding(way), run.world.emit);
  return undefined;
}

/** Removes a TXT record that a dead run left, at the provider it was written with. */
export async function removeLeftRecord(effect: Effect, binding: DnsBinding, emit: Emit): Promise<void> {
  const zone = binding.zone ?? (await zoneNow(effect, binding.handle));
  await binding.handle.remove([
    { zone, name: relativeName(effect.name, zone.name), fqdn: effect.name, value: effect.value, ttl: 60 },
  ]);
  emit({
    type: "txt.removed",
    records: [{ name: effect.name, value: effect.value, zone: zone.name, provider: effect.where }],
  });
}

async function zoneNow(
  effect: Effect,
  handle: { listsZones: boolean; findZone(fqdn: string, names: readonly string[]): Promise<Zone | undefined> },
): Promise<Zone> {
  const name = effect.zone ?? "";
  const found = handle.listsZones ? await handle.findZone(effect.name, candidates(effect.name)) : undefined;
  return found ?? { name, id: name };
}

/** Files and map entries are undone by the solvers that make them. */
async function undoOther(effect: Effect, spec: CertificateSpec | undefined, run: Run): Promise<string | undefined> {
  const ways = (spec?.challenges ?? []).filter((challenge) => !challenge.type.startsWith("dns-"));
  for (const way of [...ways, ...wayOf(effect)]) {
    const solver = await run.parts.solver(way, run.journal, run.world);
    if (await solver.undo?.(effect, run.world.signal)) return undefined;
  }
  return "no configured solver knows it";
}

/** A file and a map entry say by themselves how they are reached; no certificate has to have come of them. */
function wayOf({ kind, where, zone }: Effect): readonly ChallengeSpec[] {
  if (kind === "http-01-file") return [{ type: "http-01", webroot: where }];
  if (kind === "haproxy-map" && zone !== undefined) return [{ type: "http-01", haproxy: [where], map: zone }];
  return [];
}
