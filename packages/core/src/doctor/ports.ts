import { connect } from "node:net";
import type { Resolver } from "@certwright/dns";
import type { Identifier } from "../identifier.ts";
import { type Finding, finding } from "./finding.ts";

/** What a connection came to. */
export type Connected = "open" | "refused" | "silent";

/** Tries a TCP connection; says nothing on it. */
export type Connect = (address: string, port: number, signal: AbortSignal) => Promise<Connected>;

/** How ports are looked at. */
export interface PortOptions {
  readonly resolver: Resolver;
  readonly connect?: Connect;
  readonly signal: AbortSignal;
}

/**
 * Whether the port a CA will ask is reached from here. That proves little, as routers often do not lead an address of
 * their own back inside: so it is a warning, but for a name without any address.
 */
export async function lookAtPort(
  identifiers: readonly Identifier[],
  port: 80 | 443,
  { resolver, connect: tryPort = connectTo, signal }: PortOptions,
): Promise<readonly Finding[]> {
  const looks = identifiers.map(async ({ type, value }): Promise<readonly Finding[]> => {
    const addresses = type === "ip" ? [value] : await addressesOf(value, resolver, signal);
    if (addresses.length === 0) {
      const message = `${value} has no address, so no CA can ask it for anything`;
      return [
        finding("error", "DOCTOR_ADDRESS", value, message, "Add an A or AAAA record, or prove the name by --dns."),
      ];
    }
    const tried = await Promise.all(
      addresses.slice(0, 8).map(async (address) => [address, await tryPort(address, port, signal)] as const),
    );
    const closed = tried.filter(([, state]) => state !== "open");
    if (closed.length === 0) return [];
    const said = closed.map(([address, state]) => `${address} ${state === "refused" ? "refuses" : "does not answer"}`);
    const message = `port ${port} of ${value} is not reached from here: ${said.join(", ")}`;
    return [
      finding(
        "warning",
        "DOCTOR_PORT",
        value,
        message,
        "Open the port, and check AAAA records: a CA prefers IPv6. From inside a network this may be no fault.",
      ),
    ];
  });
  return (await Promise.all(looks)).flat();
}

async function addressesOf(name: string, resolver: Resolver, signal: AbortSignal): Promise<readonly string[]> {
  const looks = await Promise.allSettled(
    (["AAAA", "A"] as const).map((type) => resolver.query(name, type, { signal })),
  );
  signal.throwIfAborted();
  return looks.flatMap((look) =>
    look.status === "rejected"
      ? []
      : look.value.answers.flatMap((record) => (record.type === "A" || record.type === "AAAA" ? record.address : [])),
  );
}

/** Milliseconds until silence is an answer. */
const patience = 3_000;

function connectTo(host: string, port: number, signal: AbortSignal): Promise<Connected> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, signal: AbortSignal.any([signal, AbortSignal.timeout(patience)]) });
    const end = (state: Connected): void => {
      socket.destroy();
      resolve(state);
    };
    socket.once("connect", () => end("open"));
    socket.once("error", (error: NodeJS.ErrnoException) => end(error.code === "ECONNREFUSED" ? "refused" : "silent"));
  });
}
