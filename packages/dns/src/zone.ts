import { dnsError, messageOf } from "./errors.ts";
import { normalizeName, parents, stripWildcard } from "./name.ts";
import { isPublicSuffix } from "./public-suffix.ts";
import type { SoaRecord } from "./record.ts";
import type { Resolver } from "./resolver.ts";

/** A zone, as its start of authority describes it. */
export interface FoundZone {
  /** The name of the zone, normalized. */
  readonly name: string;
  readonly soa: SoaRecord;
}

/** Limits of the search. */
export interface FindZoneOptions {
  readonly signal?: AbortSignal | undefined;
  /** Accept a zone that is a public suffix, for those who run one. Default: false. */
  readonly allowPublicSuffix?: boolean | undefined;
}

/**
 * The zone that holds a name: the longest name at or above it that owns an SOA record.
 *
 * Every level up to the public suffix is asked at the same time. Only an SOA owned by the very name that was asked
 * for counts: what a resolver adds about names further up or down may be at the wrong level, and a CNAME (whose
 * target's SOA comes along) is never a zone. Where a level that could hold a longer zone cannot be looked up,
 * there is no answer, rather than one that may be wrong.
 * @throws DNS_ZONE_NOT_FOUND, DNS_ZONE_PUBLIC_SUFFIX, DNS_BAD_NAME, or the reason of the signal.
 */
export async function findZone(
  name: string,
  resolver: Resolver,
  { signal, allowPublicSuffix = false }: FindZoneOptions = {},
): Promise<FoundZone> {
  const start = stripWildcard(normalizeName(name));
  const levels = [start, ...parents(start)];
  const suffix = levels.findIndex(isPublicSuffix);
  const own = suffix === -1 ? levels : levels.slice(0, suffix);

  const looks = await Promise.allSettled(own.map((level) => soaOf(level, resolver, signal)));
  signal?.throwIfAborted();
  for (const [index, look] of looks.entries()) {
    if (look.status === "rejected") throw unknowable(start, own[index] ?? start, look.reason);
    if (look.value !== undefined) return { name: look.value.name, soa: look.value };
  }

  const registry = levels[suffix];
  const above = registry === undefined ? undefined : await soaOf(registry, resolver, signal);
  if (above === undefined) throw notFound(start);
  if (!allowPublicSuffix) throw publicSuffix(start, above.name);
  return { name: above.name, soa: above };
}

async function soaOf(level: string, resolver: Resolver, signal?: AbortSignal): Promise<SoaRecord | undefined> {
  const { answers, authorities } = await resolver.query(level, "SOA", { signal });
  if (answers.some((record) => record.type === "CNAME" && record.name === level)) return undefined;
  return [...answers, ...authorities].find((record) => record.type === "SOA" && record.name === level) as
    | SoaRecord
    | undefined;
}

const pin = "Name the zone in the configuration.";

function unknowable(name: string, level: string, cause: unknown): Error {
  const message = `the zone of ${name} cannot be told, because ${level} could not be looked up: ${messageOf(cause)}`;
  return dnsError("DNS_ZONE_NOT_FOUND", message, { hint: `Repair the look-up. Or: ${pin}`, cause, retryable: true });
}

function notFound(name: string): Error {
  return dnsError("DNS_ZONE_NOT_FOUND", `no zone holds ${name}: neither it nor a name above it has an SOA record`, {
    hint: `Check the name, and whether the resolvers in use know the zone (split horizon). Or: ${pin}`,
  });
}

function publicSuffix(name: string, zone: string): Error {
  return dnsError("DNS_ZONE_PUBLIC_SUFFIX", `the only zone that holds ${name} is the public suffix ${zone}`, {
    hint: `Check that the domain is registered and the resolvers in use know its zone. If ${zone} is yours: ${pin}`,
  });
}
