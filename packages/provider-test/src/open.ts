// TEMPORARY stand-in until openProvider exists.
import type { DefinedProvider, OptionsSchema, TxtRecord } from "@certwright/provider";
import { ProviderError } from "@certwright/provider";
import { httpClient } from "../../provider/src/http-client.ts";
import { createMasker } from "../../provider/src/mask.ts";
import { sealError } from "../../provider/src/seal.ts";
import type { VirtualClock } from "./clock.ts";
import type { FakeDns } from "./fake-dns.ts";
import type { Handle, Offers } from "./handle.ts";
import { loopbackFetch } from "./loopback-fetch.ts";
import type { GivenOptions } from "./secrets.ts";
import type { ConformanceSpec } from "./spec.ts";

export interface Opening {
  readonly definition: DefinedProvider<OptionsSchema>;
  readonly spec: ConformanceSpec;
  readonly dns: FakeDns;
  readonly clock: VirtualClock;
  readonly seen: unknown[];
  readonly strayHosts: string[];
  readonly origin: string | undefined;
  readonly onTimeout: (expire: () => void) => void;
}

const chains = new Map<unknown, Promise<unknown>>();
export async function openHandle(
  opening: Opening,
  options: GivenOptions,
  signal = new AbortController().signal,
): Promise<{ handle: Handle; offers: Offers }> {
  const { definition, clock, dns, spec } = opening;
  const secrets = Object.entries(options)
    .filter(([n]) => definition.options[n]?.secret)
    .map(([, v]) => String(v));
  const mask = createMasker(secrets);
  const defaults = Object.fromEntries(
    Object.entries(definition.options)
      .filter(([, o]) => o.default !== undefined)
      .map(([n, o]) => [n, o.default]),
  );
  const values = { ...defaults, ...options };
  const fetch = loopbackFetch({
    origin: opening.origin ?? "",
    hosts: definition.hosts ?? [],
    stray: opening.strayHosts,
    onTimeout: opening.onTimeout,
  });
  const world = {
    provider: definition.id,
    name: definition.name,
    options: definition.options,
    docs: definition.docs,
    permissions: definition.permissions,
    endpoint: String(values.endpoint ?? ""),
    allow: () => {},
    mask,
    fetch,
    signal,
    sleep: (ms: number) => clock.sleep(ms, signal),
    now: clock.now,
    random: () => 0.5,
  } as any;
  const ctx = {
    http: (o: any) => httpClient(world, o),
    fetch,
    signal,
    sleep: world.sleep,
    now: clock.now,
    run: async (argv: any, o: any = {}) => ({
      exitCode: 0,
      stdout: "",
      stderr: "",
      ...spec.run?.({ argv, env: o.env ?? {}, stdin: o.stdin ?? "" }, dns),
    }),
    ask: async (m: string) => spec.ask?.(m, dns),
    readFile: async () => "",
  };
  const provider: any = await definition.create(values as never, ctx as never);
  const lock = <T>(work: () => Promise<T>): Promise<T> => {
    const before = chains.get(dns) ?? Promise.resolve();
    const next = before.catch(() => {}).then(work);
    chains.set(
      dns,
      next.catch(() => {}),
    );
    return next;
  };
  const guard =
    <A extends unknown[], T>(f: (...a: A) => Promise<T>) =>
    (...a: A) =>
      lock(async () => {
        for (let t = 0; ; t++) {
          try {
            signal.throwIfAborted();
            return await f(...a);
          } catch (e) {
            const sealed = signal.aborted ? signal.reason : sealError(e, { provider: definition.id, mask });
            opening.seen.push(sealed);
            if (t < 2 && (sealed.retryable || sealed.uncertain) && sealed.uncertain) continue;
            throw sealed;
          }
        }
      });
  const zonesOf = async (records: readonly TxtRecord[]) => records;
  void zonesOf;
  return {
    offers: {
      zones: provider.zones !== undefined,
      batch: provider.addAll !== undefined || provider.setAll !== undefined,
    },
    handle: {
      findZone: guard(async (fqdn: string) => {
        const labels = fqdn.split(".");
        const candidates = labels.map((_, i) => labels.slice(i).join(".")).slice(0, -1);
        const found: any[] = [];
        const result = provider.zones(candidates);
        for await (const z of Symbol.asyncIterator in result ? result : await result) {
          const o = typeof z === "string" ? { name: z, id: z } : z;
          found.push({ ...o, name: o.name.toLowerCase().replace(/\.$/, "") });
        }
        return found.filter((z) => candidates.includes(z.name)).sort((a, b) => b.name.length - a.name.length)[0];
      }),
      add: guard(async (given: readonly TxtRecord[]) => {
        const records = given.map((r) => ({ ...r, ttl: Math.max(r.ttl, definition.traits.minTtl ?? 60) }));
        if (provider.addAll) return (await provider.addAll(records[0]!.zone, records)) ?? records.map(() => undefined);
        if (provider.add) {
          const ids = [];
          for (const r of records) ids.push((await provider.add(r)) ?? undefined);
          return ids;
        }
        if (provider.get) {
          const names = [...new Set(records.map((r) => r.fqdn))];
          const sets = [];
          for (const n of names) {
            const mine = records.filter((r) => r.fqdn === n);
            const old = await provider.get(mine[0]);
            const values = [...new Set([...old, ...mine.map((r) => r.value)])];
            if (values.length !== old.length) sets.push({ set: mine[0], values });
          }
          if (sets.length > 1 && provider.setAll) await provider.setAll(records[0]!.zone, sets);
          else for (const { set, values } of sets) await provider.set(set, values);
          return records.map(() => undefined);
        }
        const lines = await provider.read(records[0]!.zone);
        const missing = records.filter((r) => !lines.some((l: any) => provider.txt(l, r) === r.value));
        if (missing.length)
          await provider.write(records[0]!.zone, [...lines, ...missing.map((r) => provider.record(r))]);
        return records.map(() => undefined);
      }),
      remove: guard(async (given: readonly TxtRecord[]) => {
        const records = given.map((r) => ({ ...r, ttl: Math.max(r.ttl, definition.traits.minTtl ?? 60) }));
        if (provider.removeAll) return await provider.removeAll(records[0]!.zone, records);
        if (provider.remove) {
          for (const r of records) await provider.remove(r);
          return;
        }
        if (provider.get) {
          const names = [...new Set(records.map((r) => r.fqdn))];
          const sets = [];
          for (const n of names) {
            const mine = records.filter((r) => r.fqdn === n);
            const old = await provider.get(mine[0]);
            const values = old.filter((v: string) => !mine.some((r) => r.value === v));
            if (values.length !== old.length) sets.push({ set: mine[0], values });
          }
          if (sets.length > 1 && provider.setAll) await provider.setAll(records[0]!.zone, sets);
          else for (const { set, values } of sets) await provider.set(set, values);
          return;
        }
        const lines = await provider.read(records[0]!.zone);
        const rest = lines.filter((l: any) => !records.some((r) => provider.txt(l, r) === r.value));
        if (rest.length !== lines.length) await provider.write(records[0]!.zone, rest);
      }),
    },
  };
  void ProviderError;
}
