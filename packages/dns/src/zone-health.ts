import { type Exchange, exchange as realExchange } from "./exchange.ts";
import { type DnsAnswer, describeRcode } from "./message.ts";
import { type DnsServer, formatServer } from "./server.ts";
import { type Observation, readFailure, type SightingState } from "./sighting.ts";

/** How one server of a zone does. */
export interface ServerHealth {
  /** The server as `formatServer` writes it. */
  readonly server: string;
  /** `ok`, or what is wrong; `lame` is a server that is named for the zone and is not authoritative for it. */
  readonly state: "ok" | Exclude<SightingState, "asking" | "seen" | "other" | "absent" | "alias">;
  readonly detail: string;
  /** The serial of its copy of the zone; undefined where it gave none. */
  readonly serial: number | undefined;
  /** The name servers its copy of the zone lists, sorted. */
  readonly nameservers: readonly string[];
}

/** How a zone is looked at. */
export interface CheckServersOptions {
  readonly exchange?: Exchange | undefined;
  readonly fetch?: typeof globalThis.fetch | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds a server has per question. Default: 5000. */
  readonly timeoutMs?: number | undefined;
}

/**
 * Asks every server of a zone, without recursion, for its SOA and NS records.
 * Servers whose serials or name servers differ from each other hold different copies.
 * @throws only the reason of the signal.
 */
export async function checkServers(
  zone: string,
  servers: readonly DnsServer[],
  { exchange = realExchange, fetch, signal, timeoutMs }: CheckServersOptions = {},
): Promise<ServerHealth[]> {
  return Promise.all(
    servers.map(async (server) => {
      const limits = { signal, timeoutMs, fetch, recursive: false };
      const look = async (type: "SOA" | "NS") => {
        try {
          return await exchange({ name: zone, type }, server, limits);
        } catch (error) {
          signal?.throwIfAborted();
          return readFailure(error);
        }
      };
      const [soa, ns] = await Promise.all([look("SOA"), look("NS")]);
      return healthOf(zone, formatServer(server), soa, ns);
    }),
  );
}

function healthOf(
  zone: string,
  server: string,
  soa: DnsAnswer | Observation,
  ns: DnsAnswer | Observation,
): ServerHealth {
  const fault = faultOf(soa) ?? faultOf(ns);
  const records = [soa, ns]
    .flatMap((look) => ("state" in look ? [] : look.answers))
    .filter(({ name }) => name === zone);
  const start = records.find((record) => record.type === "SOA");
  const nameservers = records.flatMap((record) => (record.type === "NS" ? record.target : [])).sort();
  const serial = start?.type === "SOA" ? start.serial : undefined;
  if (fault !== undefined) return { server, ...fault, serial, nameservers };
  if (serial === undefined)
    return { server, state: "lame", detail: "it has no SOA record for it", serial, nameservers };
  return { server, state: "ok", detail: "", serial, nameservers };
}

function faultOf(look: DnsAnswer | Observation): Pick<ServerHealth, "state" | "detail"> | undefined {
  if ("state" in look) return look as Pick<ServerHealth, "state" | "detail">;
  const detail = describeRcode(look);
  if (look.rcode === "SERVFAIL") return { state: "servfail", detail };
  if (look.rcode === "REFUSED" || look.rcode === "NOTAUTH") return { state: "refused", detail };
  if (look.rcode !== "NOERROR") return { state: "bad-answer", detail };
  return look.authoritative ? undefined : { state: "lame", detail: "it is not authoritative for the zone" };
}
