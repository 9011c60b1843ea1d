import { dnsError, messageOf, type ServerFailure } from "./errors.ts";
import type { Resolver } from "./resolver.ts";
import { type DnsServer, isHttpsServer, type PlainServer } from "./server.ts";

/** The servers of a zone, and the names that lead to none. */
export interface ZoneServers {
  /** One entry per address, IPv4 and IPv6. */
  readonly servers: readonly DnsServer[];
  /** Name servers without a usable address, and why. */
  readonly failures: readonly ServerFailure[];
}

/** How the servers of a zone are found. */
export interface ZoneServersOptions {
  readonly signal?: AbortSignal | undefined;
  /** The port name servers are asked on. Default: 53. */
  readonly port?: number | undefined;
  /** These instead of the zone's own; nothing is looked up. They may be resolvers, and are marked as `recursive`. */
  readonly override?: readonly DnsServer[] | undefined;
}

/** Real zones have at most 13 name servers; a hostile one could list thousands for us to query. */
const mostNameServers = 32;

/**
 * Every address of every name server of a zone, looked up in parallel.
 * @throws DNS_NO_NAMESERVERS where not one address is found, DNS_LOOKUP_FAILED where the NS records cannot be read.
 */
export async function authoritativeServers(
  zone: string,
  resolver: Resolver,
  { signal, port = 53, override }: ZoneServersOptions = {},
): Promise<ZoneServers> {
  if (override !== undefined && override.length > 0) {
    return {
      servers: override.map((server) => (isHttpsServer(server) ? server : { ...server, recursive: true })),
      failures: [],
    };
  }
  const { answers } = await resolver.query(zone, "NS", { signal });
  const names = answers.flatMap((record) => (record.type === "NS" && record.name === zone ? [record.target] : []));
  const distinct = [...new Set(names)].slice(0, mostNameServers);
  const found = await Promise.all(distinct.map((name) => addressesOf(name, resolver, signal)));
  signal?.throwIfAborted();

  const servers = new Map<string, PlainServer>();
  for (const { name, addresses } of found) {
    for (const host of addresses) if (!servers.has(host)) servers.set(host, { host, port, name });
  }
  const failures = found.flatMap(({ failure }) => failure ?? []);
  if (servers.size === 0) throw noServers(zone, failures);
  return { servers: [...servers.values()], failures };
}

interface NameServerAddresses {
  readonly name: string;
  readonly addresses: readonly string[];
  readonly failure?: ServerFailure;
}

async function addressesOf(name: string, resolver: Resolver, signal?: AbortSignal): Promise<NameServerAddresses> {
  const looks = await Promise.allSettled(
    (["A", "AAAA"] as const).map((type) => resolver.query(name, type, { signal })),
  );
  const records = looks.flatMap((look) => (look.status === "fulfilled" ? look.value.answers : []));
  const addresses = records.flatMap((record) => (record.type === "A" || record.type === "AAAA" ? record.address : []));
  if (addresses.length > 0) return { name, addresses };
  const reasons = looks.flatMap((look) => (look.status === "rejected" ? messageOf(look.reason) : []));
  const reason = reasons.length === 0 ? "it has no address" : reasons.join("; ");
  return { name, addresses, failure: { server: name, reason, code: "DNS_NO_NAMESERVERS" } };
}

function noServers(zone: string, failures: readonly ServerFailure[]): Error {
  const reasons = failures.map(({ server, reason }) => `${server}: ${reason}`).join("; ");
  return dnsError(
    "DNS_NO_NAMESERVERS",
    `no name server of ${zone} has an address: ${reasons || "it has no NS records"}`,
    {
      hint: "Repair the NS records of the zone, or name the servers to ask in the configuration.",
      retryable: true,
    },
  );
}
