import { type DnsBinding, type PlacedRecord, placeRecord, type TxtEventRecord, type World } from "@certwright/core";
import { normalizeName } from "@certwright/dns";
import type { Invocation } from "./command.ts";
import type { dnsRemoveFlags } from "./declarations/dns.ts";
import { usageError } from "./errors.ts";
import { dnsChallengeSpecs, dnsSpec } from "./issue-spec.ts";
import { openDnsBinding } from "./parts/dns-binding.ts";
import { createWorld } from "./world.ts";

/** What the dns commands work with: the providers named, and the world. */
export interface DnsWork {
  readonly world: World;
  readonly bindings: readonly DnsBinding[];
}

/** Opens the providers the flags name. @throws CertwrightError `CLI_USAGE` where they name none */
export async function openDnsWork(invocation: Invocation<typeof dnsRemoveFlags>): Promise<DnsWork> {
  const { flags, context } = invocation;
  if (flags.dns.length === 0) {
    throw usageError("no DNS provider named", "Add --dns <provider>; `certwright dns providers` lists them.");
  }
  const ways = dnsChallengeSpecs(flags, context.cwd);
  return {
    world: createWorld(invocation, dnsSpec(flags)),
    bindings: await Promise.all(ways.map((way) => openDnsBinding(way, invocation))),
  };
}

/** Where values at a name go: provider, zone, and the end of its aliases. */
export async function placeValues(
  name: string,
  values: readonly string[],
  { world, bindings }: DnsWork,
  followAlias: boolean,
): Promise<readonly PlacedRecord[]> {
  const whole = normalizeName(name);
  const [first, ...others] = values;
  if (first === undefined) return [];
  const placing = { bindings, followAlias, aliases: {} };
  const placed = await placeRecord(whole, first, placing, world, world.signal);
  return [placed, ...others.map((value) => ({ ...placed, record: { ...placed.record, value } }))];
}

/** Adds the values; tells it before and after. */
export async function addValues(placed: readonly PlacedRecord[], { world }: DnsWork): Promise<void> {
  world.emit({ type: "txt.adding", records: placed.map(asEvent) });
  await placed[0]?.binding.handle.add(placed.map(({ record }) => record));
  world.emit({ type: "txt.added", records: placed.map(asEvent) });
}

/** Removes the values, under a signal of its own where they are left from a run that is being stopped. */
export async function removeValues(
  placed: readonly PlacedRecord[],
  { world }: DnsWork,
  signal?: AbortSignal,
): Promise<void> {
  const [first] = placed;
  if (first === undefined) return;
  const handle = signal === undefined ? first.binding.handle : await first.binding.reopen(signal);
  await handle.remove(placed.map(({ record }) => record));
  world.emit({ type: "txt.removed", records: placed.map(asEvent) });
}

function asEvent({ binding, record }: PlacedRecord): TxtEventRecord {
  return { name: record.fqdn, value: record.value, zone: record.zone.name, provider: binding.handle.instance };
}
