import {
  authoritativeServers,
  checkServers,
  type DnsServer,
  findZone,
  followAlias,
  isBogus,
  type Resolver,
  type ServerHealth,
} from "@certwright/dns";
import { type Finding, finding, findingOf } from "./finding.ts";

/** How zones are looked at. */
export interface DelegationOptions {
  readonly resolver: Resolver;
  /** Asked in place of the zones' own servers. */
  readonly nameservers?: readonly DnsServer[] | undefined;
  readonly followAlias: boolean;
  readonly signal: AbortSignal;
}

/** Looks at the zone of every name, aliases followed, and at each of its servers. */
export async function lookAtDelegation(
  names: readonly string[],
  options: DelegationOptions,
): Promise<readonly Finding[]> {
  const zones = new Set<string>();
  const findings = await Promise.all(
    names.map(async (name) => {
      try {
        zones.add(await zoneOf(name, options));
        return [];
      } catch (error) {
        options.signal.throwIfAborted();
        return [await why(name, error, options)];
      }
    }),
  );
  const health = await Promise.all([...zones].map((zone) => lookAtZone(zone, options)));
  return [...findings.flat(), ...health.flat()];
}

async function zoneOf(name: string, { resolver, signal, followAlias: follow }: DelegationOptions): Promise<string> {
  const end = follow ? (await followAlias(name, resolver, { signal })).name : name;
  return (await findZone(end, resolver, { signal })).name;
}

/** A look-up that fails only where answers are validated is another fault than one that fails. */
async function why(name: string, error: unknown, { resolver, signal }: DelegationOptions): Promise<Finding> {
  if (await isBogus(name, "SOA", resolver, { signal }).catch(() => false)) {
    const message = `answers about ${name} fail DNSSEC validation`;
    const hint = "Repair the signatures of the zone, or the DS record at its parent: CAs validate.";
    return finding("error", "DOCTOR_BOGUS", name, message, hint);
  }
  return findingOf(error, "DOCTOR_ZONE", name);
}

async function lookAtZone(zone: string, options: DelegationOptions): Promise<readonly Finding[]> {
  const { resolver, signal, nameservers } = options;
  try {
    const { servers, failures } = await authoritativeServers(zone, resolver, { signal, override: nameservers });
    const addressless = failures.map(({ server, reason }) =>
      finding(
        "warning",
        "DOCTOR_SERVER",
        zone,
        `${server} serves ${zone} and is not reached: ${reason}`,
        "Give it an address, or take it out of the NS records.",
      ),
    );
    return [...addressless, ...judgeServers(zone, await checkServers(zone, servers, { signal, timeoutMs: 3_000 }))];
  } catch (error) {
    signal.throwIfAborted();
    return [await why(zone, error, options)];
  }
}

/** What the servers of one zone say of themselves, and of each other. */
export function judgeServers(zone: string, servers: readonly ServerHealth[]): readonly Finding[] {
  // That this machine has no IPv6 says nothing about the server.
  const heard = servers.filter(({ state }) => state !== "no-route");
  const well = heard.filter(({ state }) => state === "ok");
  const sick = heard.filter(({ state }) => state !== "ok");
  const findings = sick.map(({ server, state, detail }) =>
    finding(
      well.length === 0 ? "error" : "warning",
      "DOCTOR_SERVER",
      zone,
      `${server} is of no use for ${zone} (${state}): ${detail}`,
      "Repair it, or take it out of the NS records: the CA may be the one who asks it.",
    ),
  );
  const differ = <K>(of: (server: ServerHealth) => K): boolean => new Set(well.map(of)).size > 1;
  const told = (of: (server: ServerHealth) => unknown): string =>
    well.map((each) => `${each.server} ${of(each)}`).join(", ");
  return [
    ...findings,
    ...(differ(({ serial }) => serial)
      ? [
          finding(
            "warning",
            "DOCTOR_SERIALS",
            zone,
            `the servers of ${zone} hold different copies: ${told(({ serial }) => serial)}`,
            "A change is under way, or a secondary is stuck: check its transfers. Every server is waited for.",
          ),
        ]
      : []),
    ...(differ(({ nameservers }) => nameservers.join(" "))
      ? [
          finding(
            "warning",
            "DOCTOR_SERVER_LIST",
            zone,
            `the servers of ${zone} list different name servers: ${told(({ nameservers }) => nameservers.join("+"))}`,
            "Make the NS records of all copies the same.",
          ),
        ]
      : []),
  ];
}
