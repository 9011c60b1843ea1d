import type { DefinedProvider, ProviderTraits } from "../define.ts";
import { ProviderError } from "../errors.ts";
import type { ProviderHost } from "../host.ts";
import { type OpenOptions, openProvider } from "../open.ts";
import type { Provider, TxtRecord, Zone } from "../shapes.ts";

export const zone: Zone = { name: "example.com", id: "z1" };
export const other: Zone = { name: "example.org", id: "z2" };

/** A record by relative name. */
export function txt(name: string, value: string, where = zone): TxtRecord {
  return { zone: where, name, fqdn: name === "@" ? where.name : `${name}.${where.name}`, value, ttl: 30 };
}

/** A host without network, clock or files. */
export function plainHost(change: Partial<ProviderHost> = {}): ProviderHost {
  return {
    fetch: () => Promise.reject(new Error("no network in this test")),
    signal: new AbortController().signal,
    sleep: async () => {},
    now: () => 0,
    random: () => 0,
    readFile: async () => "a line of a key, long enough\nand a second one of it",
    ...change,
  };
}

/** Opens a provider made of a shape and its traits. */
export function open(
  provider: Provider,
  traits: Partial<ProviderTraits> = {},
  how: Partial<OpenOptions> = {},
  change: Partial<DefinedProvider> = {},
) {
  const granularity = "add" in provider ? "record" : "get" in provider ? "recordSet" : "zone";
  const definition: DefinedProvider = {
    apiVersion: 1,
    id: "acme",
    name: "Acme DNS",
    website: "https://acme.example",
    docs: "https://acme.example/docs",
    options: { token: { description: "API token", env: ["ACME_TOKEN"], secret: true } },
    traits: { granularity, ...traits },
    permissions: "DNS write.",
    tested: { by: "contract", against: "https://acme.example/docs", on: "2026-11-24" },
    create: () => provider,
    ...change,
  };
  return openProvider(definition, {
    instance: "main",
    options: { token: "hunter22", endpoint: "" },
    host: plainHost(),
    ...how,
  });
}

/** Counts how many calls run at once, and gives others the chance to. */
export function meter() {
  let running = 0;
  const seen = { most: 0, calls: 0 };
  return {
    seen,
    async during<T>(work: () => T): Promise<T> {
      seen.calls++;
      seen.most = Math.max(seen.most, ++running);
      await new Promise(setImmediate);
      const result = work();
      await new Promise(setImmediate);
      running--;
      return result;
    },
  };
}

/** An API of record sets in memory, its faults in a queue: each is thrown after the write was done or, with `lost`, before. */
export function recordSets(start: Record<string, string[]> = {}) {
  const sets = new Map(Object.entries(start));
  const writes: string[] = [];
  const faults: { error: Error; lost: boolean }[] = [];
  const meters = meter();
  const write = (fqdn: string, values: readonly string[]) => {
    const fault = faults.shift();
    if (fault?.lost) throw fault.error;
    writes.push(`${fqdn}=${values.join(",")}`);
    if (values.length === 0) sets.delete(fqdn);
    else sets.set(fqdn, [...values]);
    if (fault) throw fault.error;
  };
  return {
    sets,
    writes,
    faults,
    meter: meters.seen,
    get: async ({ fqdn }: { fqdn: string }) => meters.during(() => sets.get(fqdn) ?? []),
    set: async ({ fqdn }: { fqdn: string }, values: readonly string[]) => meters.during(() => write(fqdn, values)),
  };
}

export const conflict = () => new ProviderError("PROVIDER_CONFLICT", "somebody else was faster");
export const lostAnswer = () => new ProviderError("PROVIDER_TIMEOUT", "no answer", { uncertain: true });
