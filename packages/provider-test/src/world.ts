import type { ProviderTraits, TxtRecord, Zone } from "@certwright/provider";
import type { VirtualClock } from "./clock.ts";
import type { FakeDns } from "./fake-dns.ts";
import type { Scene } from "./fake-server.ts";
import type { Handle, Offers } from "./handle.ts";
import type { GivenOptions } from "./secrets.ts";

/** Everything one case may touch. Made anew for each case. */
export interface World {
  /** A new instance, as a new process would make it: no ids, no memory. */
  open(how?: { readonly options?: GivenOptions; readonly signal?: AbortSignal }): Promise<Handle>;
  /** What the provider offers; opens one to find out. */
  offers(): Promise<Offers>;
  readonly traits: ProviderTraits;
  /** The zone's name the cases write to. */
  readonly zone: string;
  /** The id of that zone for providers that list none. */
  readonly zoneId: string;
  /** The TXT values at a whole name as the outside sees them. */
  read(fqdn: string): Promise<readonly string[]>;
  /** Every record there is, sorted, one line each; undefined where that cannot be seen. */
  dump(): Promise<readonly string[] | undefined>;
  /** The values of the secret options. */
  readonly planted: readonly string[];
  /** Forbidden anywhere in errors and events. */
  readonly secrets: readonly string[];
  /** The options the provider is opened with. */
  readonly options: GivenOptions;
  /** The same with wrong secrets. */
  readonly wrong: GivenOptions;
  /** All errors seen and all log lines written so far. */
  readonly seen: unknown[];
  /** Requests to hosts that are neither the endpoint's nor declared. */
  readonly strayHosts: string[];
}

/** A world whose other side is the kit's own fake state. */
export interface FakeWorld extends World {
  readonly dns: FakeDns;
  readonly clock: VirtualClock;
}

/** A world with the fake HTTP API. */
export interface HttpWorld extends FakeWorld {
  readonly scene: Scene;
}

/** Whether the API can remove values; where it cannot, cases that are about removing are left out. */
export const removes = ({ limits }: ProviderTraits) => limits?.removal === undefined;

/** What a name holds once some of its values were removed: the others, or, where the API cannot remove, the newest of all. */
export function afterRemoval({ traits }: World, gone: readonly string[], others: readonly string[] = []) {
  return removes(traits) ? others : [...others, ...gone].slice(-(traits.maxValues ?? Number.POSITIVE_INFINITY));
}

/** A record in a zone, by relative name. */
export function txt(zone: Zone, name: string, value: string, id?: string): TxtRecord {
  const fqdn = name === "@" ? zone.name : `${name}.${zone.name}`;
  return { zone, name, fqdn, value, ttl: 120, ...(id === undefined ? {} : { id }) };
}

/** The zone that holds the name, as the host would find it: by the provider, else by its name. */
export async function zoneOf(world: World, handle: Handle, fqdn: string, expected = world.zone): Promise<Zone> {
  if (!(await world.offers()).zones) return { name: expected, id: expected === world.zone ? world.zoneId : expected };
  const zone = await handle.findZone(fqdn);
  if (zone === undefined) throw new Error(`the provider found no zone for ${fqdn}, which ${expected} holds`);
  return zone;
}
