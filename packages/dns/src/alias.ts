import { randomBytes } from "node:crypto";
import { dnsError } from "./errors.ts";
import { normalizeName } from "./name.ts";
import type { Resolver } from "./resolver.ts";

/** Where a name leads. */
export interface Alias {
  /** The name that holds the records: the end of the chain, or the name itself. */
  readonly name: string;
  /** The CNAME targets followed, in order; the last one is `name`. Empty where nothing was followed. */
  readonly chain: readonly string[];
  /** True where the chain ends at a CNAME that a wildcard made, which was not followed. */
  readonly synthesised: boolean;
}

/** How an alias is followed. */
export interface FollowAliasOptions {
  readonly signal?: AbortSignal | undefined;
  /** The most CNAMEs to follow. Default: 8, what Let's Encrypt's resolvers do. */
  readonly maxLength?: number | undefined;
  /** A label nobody has made a record for. Default: a random one. */
  readonly randomLabel?: (() => string) | undefined;
}

/**
 * Follows the CNAMEs of a name, one by one.
 *
 * A CNAME that only exists because of a wildcard (`*.example.com`) says nothing about this name: writing a record
 * here makes it go away. It is recognised by a random name beside it that has the same target, and not followed,
 * at whatever step of the chain it stands.
 * @throws DNS_ALIAS_LOOP, DNS_ALIAS_TOO_LONG, DNS_BAD_NAME, DNS_LOOKUP_FAILED, or the reason of the signal.
 */
export async function followAlias(
  name: string,
  resolver: Resolver,
  { signal, maxLength = 8, randomLabel = unusedLabel }: FollowAliasOptions = {},
): Promise<Alias> {
  const start = normalizeName(name);
  const chain: string[] = [];
  for (;;) {
    const current = chain.at(-1) ?? start;
    const target = await targetOf(current, resolver, signal);
    if (target === undefined) return { name: current, chain, synthesised: false };
    const sibling = [randomLabel(), ...current.split(".").slice(1)].join(".");
    if (target === (await targetOf(sibling, resolver, signal))) return { name: current, chain, synthesised: true };
    if (target === start || chain.includes(target)) throw loop(start, [...chain, target]);
    if (chain.length === maxLength) throw tooLong(start, [...chain, target], maxLength);
    chain.push(target);
  }
}

async function targetOf(name: string, resolver: Resolver, signal?: AbortSignal): Promise<string | undefined> {
  const { answers } = await resolver.query(name, "CNAME", { signal });
  const cname = answers.find((record) => record.type === "CNAME" && record.name === name);
  return cname?.type === "CNAME" ? normalizeName(cname.target) : undefined;
}

function unusedLabel(): string {
  return randomBytes(6).toString("hex");
}

function loop(start: string, chain: readonly string[]): Error {
  return dnsError("DNS_ALIAS_LOOP", `the CNAMEs of ${start} go in a circle: ${[start, ...chain].join(" -> ")}`, {
    hint: "Remove one of these CNAME records.",
  });
}

function tooLong(start: string, chain: readonly string[], maxLength: number): Error {
  const path = [start, ...chain].join(" -> ");
  return dnsError("DNS_ALIAS_TOO_LONG", `the CNAMEs of ${start} are more than ${maxLength}: ${path}`, {
    hint: "Point the first CNAME directly at the last name.",
  });
}
