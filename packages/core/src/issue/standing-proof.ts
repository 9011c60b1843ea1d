import { authoritativeServers, type DnsServer, exchange, findZone, followAlias, formatServer } from "@certwright/dns";
import { CertwrightError, isCertwrightError } from "@certwright/provider";
import { standingProofName, type WantedProof, whyNoProof } from "../acme/dns-persist.ts";
import type { World } from "../world.ts";

/** How the servers are found that are asked for a standing record. */
export interface ProofLooking {
  readonly followAlias: boolean;
  /** Asked in place of the zone's own. */
  readonly nameservers?: readonly DnsServer[] | undefined;
  readonly world: Pick<World, "resolver">;
}

/** What one server has at the name. */
export interface ServerProof {
  readonly server: string;
  /** `valid`, `absent`, `other` (records that prove nothing to this CA), `failed` (no usable answer). */
  readonly state: "valid" | "absent" | "other" | "failed";
  readonly detail: string;
  /** Every TXT value there. */
  readonly values: readonly string[];
}

/** What all servers of the zone have. */
export interface FoundProof {
  /** `_validation-persist.<domain>`. */
  readonly asked: string;
  /** The end of its aliases, where the record stands. */
  readonly name: string;
  /** Every server that answers has a valid record, and at least one does. */
  readonly valid: boolean;
  readonly servers: readonly ServerProof[];
}

/** Milliseconds one server has. */
const patience = 2_500;

/**
 * Looks for the standing record of a domain (dns-persist-01) at every name server of its zone, as a CA may ask any of
 * them. Only the name itself is looked at: whether records of names above count is up to the CA.
 *
 * @throws what finding the servers throws, and the signal's reason
 */
export async function lookForProof(
  domain: string,
  wanted: WantedProof,
  { followAlias: follow, nameservers, world: { resolver } }: ProofLooking,
  signal: AbortSignal,
): Promise<FoundProof> {
  const asked = standingProofName(domain);
  const name = follow ? (await followAlias(asked, resolver, { signal })).name : asked;
  const override = nameservers !== undefined && nameservers.length > 0;
  const zone = override ? "" : (await findZone(name, resolver, { signal })).name;
  const { servers } = await authoritativeServers(zone, resolver, { signal, override: nameservers });
  const found = await Promise.all(servers.map((server) => look(name, server, wanted, signal)));
  const heard = found.filter(({ state }) => state !== "failed");
  return { asked, name, valid: heard.length > 0 && heard.every(({ state }) => state === "valid"), servers: found };
}

async function look(name: string, server: DnsServer, wanted: WantedProof, signal: AbortSignal): Promise<ServerProof> {
  const label = formatServer(server);
  const recursive = "url" in server || server.recursive === true;
  try {
    const answer = await exchange({ name, type: "TXT" }, server, { recursive, signal, timeoutMs: patience });
    if (answer.rcode !== "NOERROR" && answer.rcode !== "NXDOMAIN") return failed(label, answer.rcode);
    if (!recursive && !answer.authoritative) return failed(label, "it is not authoritative for the zone");
    const values = answer.answers.flatMap((record) => (record.type === "TXT" ? record.value : []));
    if (values.length === 0) return { server: label, state: "absent", detail: "", values };
    const faults = values.map((value) => whyNoProof(value, wanted));
    if (faults.includes(undefined)) return { server: label, state: "valid", detail: "", values };
    const detail = values.map((value, index) => `${JSON.stringify(value.slice(0, 200))} ${faults[index]}`).join("; ");
    return { server: label, state: "other", detail, values };
  } catch (error) {
    signal.throwIfAborted();
    if (!isCertwrightError(error)) throw error;
    return failed(label, error.message);
  }
}

function failed(server: string, detail: string): ServerProof {
  return { server, state: "failed", detail, values: [] };
}

/** What keeps a standing record from proving a name, as an error that says what each server has. */
export function noProof({ asked, name, servers }: FoundProof): CertwrightError {
  const said = servers.map(({ server, state, detail }) => {
    if (state === "valid") return `${server} has it`;
    if (state === "absent") return `${server} has no TXT record there`;
    return `${server}: ${detail}`;
  });
  const where = name === asked ? asked : `${asked} (at ${name})`;
  return new CertwrightError(
    "DNS_PERSIST_ABSENT",
    `no standing record proves the name at ${where}: ${said.join("; ")}`,
    {
      hint: "Set it with `certwright dns persist publish`, or prove the name another way.",
    },
  );
}
