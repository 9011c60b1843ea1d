import { findZone, followAlias, isWithin, normalizeName, relativeName } from "@certwright/dns";
import { CertwrightError, candidates, type ProviderHandle, type TxtRecord, type Zone } from "@certwright/provider";
import type { World } from "../world.ts";

/** A provider instance and the part of the DNS it is used for. */
export interface DnsBinding {
  readonly handle: ProviderHandle;
  /** The same account under another signal: for clean-up after the run's own was aborted. */
  readonly reopen: (signal: AbortSignal) => Promise<ProviderHandle>;
  /** Names it serves, with all below them; left out: whatever it says it can change. */
  readonly zones?: readonly string[];
  /** The zone to write to, fixed by the person: nothing is looked up then. */
  readonly zone?: Zone;
}

/** How challenge names are found. */
export interface DnsPlacing {
  readonly bindings: readonly DnsBinding[];
  readonly followAlias: boolean;
  /** Challenge name -> name to write to, as the person delegated it. */
  readonly aliases: Readonly<Record<string, string>>;
}

/** Where one value is to be written, decided once and remembered for clean-up. */
export interface PlacedRecord {
  readonly binding: DnsBinding;
  readonly record: TxtRecord;
}

/** Seconds; challenge values are short-lived, and providers raise it to their own minimum. */
const challengeTtl = 60;

/**
 * Decides where the value for a challenge name goes: the end of its alias chain, the provider that serves that name,
 * and the zone there. Asks the DNS at most for the alias and, where the provider lists no zones, for the zone.
 *
 * @throws CertwrightError `DNS_NO_PROVIDER`, `DNS_ZONE_NOT_FOUND`, and what the look-ups throw.
 */
export async function placeRecord(
  challengeName: string,
  value: string,
  placing: DnsPlacing,
  world: World,
  signal: AbortSignal,
): Promise<PlacedRecord> {
  const fqdn = await writtenName(challengeName, placing, world, signal);
  const { binding, zone } = await chooseBinding(fqdn, placing.bindings, world, signal);
  return { binding, record: { zone, fqdn, name: relativeName(fqdn, zone.name), value, ttl: challengeTtl } };
}

/** The name whose TXT the CA reads in the end. */
async function writtenName(
  challengeName: string,
  placing: DnsPlacing,
  world: World,
  signal: AbortSignal,
): Promise<string> {
  const delegated = placing.aliases[challengeName];
  if (delegated !== undefined) return normalizeName(delegated);
  const everythingPinned = placing.bindings.every(({ zone }) => zone !== undefined);
  if (!placing.followAlias || everythingPinned) return challengeName;
  const alias = await followAlias(challengeName, world.resolver, { signal });
  if (alias.chain.length > 0)
    world.emit({ type: "dns.alias", name: challengeName, target: alias.name, chain: alias.chain });
  if (alias.synthesised) {
    world.emit({
      type: "dns.aliasIgnored",
      name: alias.name,
      reason: "a wildcard makes its CNAME, which our own record will hide",
    });
  }
  return alias.name;
}

async function chooseBinding(
  fqdn: string,
  bindings: readonly DnsBinding[],
  world: World,
  signal: AbortSignal,
): Promise<{ binding: DnsBinding; zone: Zone }> {
  for (const binding of inOrderOfFit(fqdn, bindings)) {
    const zone = await zoneOf(fqdn, binding, world, signal);
    if (zone !== undefined) return { binding, zone };
  }
  throw new CertwrightError("DNS_NO_PROVIDER", `no configured DNS provider can change ${fqdn}`, {
    hint: `Checked: ${bindings.map(({ handle }) => handle.instance).join(", ")}. Is the zone in that account, and does its credential see it?`,
  });
}

/** Bindings for a zone around this name first, the closest zone before all; then those for anything. */
function inOrderOfFit(fqdn: string, bindings: readonly DnsBinding[]): readonly DnsBinding[] {
  const fit = (binding: DnsBinding): number => {
    const named = binding.zones ?? (binding.zone === undefined ? undefined : [binding.zone.name]);
    if (named === undefined) return 0;
    return Math.max(-1, ...named.filter((zone) => isWithin(fqdn, zone)).map((zone) => zone.length));
  };
  return bindings
    .map((binding) => ({ binding, fit: fit(binding) }))
    .filter((entry) => entry.fit >= 0)
    .sort((a, b) => b.fit - a.fit)
    .map((entry) => entry.binding);
}

async function zoneOf(fqdn: string, binding: DnsBinding, world: World, signal: AbortSignal): Promise<Zone | undefined> {
  if (binding.zone !== undefined) return isWithin(fqdn, binding.zone.name) ? binding.zone : undefined;
  if (binding.handle.listsZones) return binding.handle.findZone(fqdn, candidates(fqdn));
  const { name } = await findZone(fqdn, world.resolver, { signal });
  return { name, id: name };
}
