import { normalizeName, parents, stripWildcard } from "./name.ts";
import type { CaaRecord } from "./record.ts";
import type { Resolver } from "./resolver.ts";

/** The CAA records that speak for a name. */
export interface FoundCaa {
  /** Where they stand: the name or one above it; undefined where there are none up to the top-level domain. */
  readonly name: string | undefined;
  /** Empty where nothing restricts who may issue. */
  readonly records: readonly CaaRecord[];
}

/** What a CNAME chain may be long here, for servers that do not follow it themselves. */
const longestChain = 8;

/**
 * The relevant record set of a name (RFC 8659 section 3): its own CAA records, or those of the closest name above
 * that has any. CNAMEs are followed at each level; the names above a CNAME's target are not asked.
 * @throws DNS_LOOKUP_FAILED: a CA must not issue then either.
 */
export async function findCaa(
  name: string,
  resolver: Resolver,
  { signal }: { readonly signal?: AbortSignal | undefined } = {},
): Promise<FoundCaa> {
  const start = stripWildcard(normalizeName(name));
  for (const level of [start, ...parents(start)]) {
    const records = await recordsAt(level, resolver, signal);
    if (records.length > 0) return { name: level, records };
  }
  return { name: undefined, records: [] };
}

async function recordsAt(level: string, resolver: Resolver, signal?: AbortSignal): Promise<readonly CaaRecord[]> {
  let name = level;
  for (let step = 0; step <= longestChain; step++) {
    const { answers } = await resolver.query(name, "CAA", { signal });
    const records = answers.filter((record) => record.type === "CAA");
    if (records.length > 0) return records;
    const end = endOfChain(name, answers);
    if (end === name) return [];
    name = end;
  }
  return [];
}

/** The last name the CNAMEs of an answer lead to. */
function endOfChain(name: string, answers: Awaited<ReturnType<Resolver["query"]>>["answers"]): string {
  let end = name;
  // Each CNAME is used at most once, so that a circle of them ends.
  for (const _ of answers) {
    const cname = answers.find((record) => record.type === "CNAME" && record.name === end);
    if (cname?.type === "CNAME") end = cname.target;
  }
  return end;
}
