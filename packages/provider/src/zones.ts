import { ProviderError } from "./errors.ts";
import type { Zone } from "./shapes.ts";
import { candidates, isWithinZone, plainName, type ZonePin } from "./zone-name.ts";

/** Finds zones of one provider instance, asking its API as little as possible. */
export interface ZoneBook {
  /**
   * The zone that holds `fqdn`: the pinned one, else the longest match of those the API lists.
   * Undefined where there is none, or where the provider lists none.
   *
   * @throws ProviderError `PROVIDER_CONFLICT` where two zones of that name are in the account.
   */
  find(fqdn: string, names: readonly string[]): Promise<Zone | undefined>;
  /** The error that says why there is none, with what the credential does see. */
  notFound(fqdn: string): ProviderError;
}

/** What a zone book stands on. */
export interface ZoneBookSource {
  /** The provider's `zones`, read to its end; undefined where it lists none. */
  readonly list: ((names: readonly string[]) => Promise<readonly Zone[]>) | undefined;
  /** Whether `list` looks at the names it is given. */
  readonly filters: boolean;
  readonly pins: readonly ZonePin[];
  /** The vendor's name, for errors. */
  readonly name: string;
}

/** Makes a zone book; what it learnt stays for its life: one run. */
export function createZoneBook({ list: listZones, filters, pins, name }: ZoneBookSource): ZoneBook {
  const list = listZones ?? (async () => []);
  const zones = new Map<string, Zone[]>();
  const asked = new Set<string>();
  const pending = new Map<string, Promise<void>>();

  const learn = (found: readonly Zone[], names: readonly string[]) => {
    for (const zone of found) {
      const twins = zones.get(zone.name) ?? [];
      if (!twins.some(({ id }) => id === zone.id)) zones.set(zone.name, [...twins, zone]);
    }
    // A provider may stop at the first name that is a zone: the shorter ones have not been asked for then.
    const longest = names.find((candidate) => found.some((zone) => zone.name === candidate));
    const hit = longest === undefined ? -1 : names.indexOf(longest);
    for (const candidate of hit === -1 ? names : names.slice(0, hit + 1)) asked.add(candidate);
  };

  const ask = async (names: readonly string[]): Promise<void> => learn(await list(names), names);

  let everything: Promise<void> | undefined;
  const askOnce = (names: readonly string[]): Promise<void> => {
    everything ??= ask(names).catch((error: unknown) => {
      everything = undefined;
      throw error;
    });
    return everything;
  };

  /** Asks for those of the names nobody has asked for; names somebody is asking for right now are waited for. */
  const askNew = async (names: readonly string[]): Promise<void> => {
    for (;;) {
      const fresh = unsettled(names, asked, zones);
      if (fresh.length === 0) return;
      const running = fresh.map((candidate) => pending.get(candidate)).find((flight) => flight !== undefined);
      if (running !== undefined) {
        await running;
        continue;
      }
      const flight = ask(fresh).finally(() => {
        for (const candidate of fresh) pending.delete(candidate);
      });
      for (const candidate of fresh) pending.set(candidate, flight);
      await flight;
    }
  };

  const choose = (zoneName: string): Zone | undefined => {
    const twins = zones.get(zoneName) ?? [];
    if (twins.length > 1) throw twinsError(name, zoneName, twins);
    return twins[0];
  };

  return {
    async find(fqdn, names) {
      const plain = plainName(fqdn);
      const pin = pins
        .filter((pinned) => isWithinZone(plain, pinned.name))
        .sort((a, b) => b.name.length - a.name.length)[0];
      if (pin?.id !== undefined) return { name: pin.name, id: pin.id };
      if (listZones === undefined) return pin === undefined ? undefined : { name: pin.name, id: pin.name };
      const wanted = pin === undefined ? names.map(plainName) : [pin.name];
      await (filters ? askNew(wanted) : askOnce(wanted));
      const longest = wanted.find((candidate) => zones.has(candidate));
      return longest === undefined ? undefined : choose(longest);
    },
    notFound(fqdn) {
      const seen = [...zones.keys()].sort();
      const what = filters
        ? `none of ${candidates(fqdn)
            .filter((candidate) => candidate.includes("."))
            .join(", ")} is a zone this credential sees`
        : seen.length === 0
          ? "the credential sees no zone at all"
          : `the credential sees ${seen.slice(0, 5).join(", ")}${seen.length > 5 ? ` and ${seen.length - 5} more` : ""}`;
      return new ProviderError("PROVIDER_ZONE_NOT_FOUND", `${name} has no zone for ${fqdn}: ${what}`, {
        hint: "Is the zone in this account, and may the credential see it? One that may change a zone but not list zones needs the zone pinned: zone=NAME or NAME=ID.",
      });
    },
  };
}

function unsettled(
  names: readonly string[],
  asked: ReadonlySet<string>,
  zones: ReadonlyMap<string, readonly Zone[]>,
): readonly string[] {
  const hit = names.findIndex((candidate) => asked.has(candidate) && zones.has(candidate));
  return (hit === -1 ? names : names.slice(0, hit)).filter((candidate) => !asked.has(candidate));
}

function twinsError(name: string, zoneName: string, twins: readonly Zone[]): ProviderError {
  const pins = twins.map(({ id }) => `${zoneName}=${id}`);
  return new ProviderError(
    "PROVIDER_CONFLICT",
    `${name} has ${twins.length} zones named ${zoneName}, as of a private and a public one`,
    {
      hint: `Pin the one the world sees: ${pins.slice(0, 4).join(" or ")}.`,
      retryable: false,
    },
  );
}
