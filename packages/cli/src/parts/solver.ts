import type { ChallengeSpec, Solver, World } from "@certwright/core";
import type { Journal } from "@certwright/core/store";
import type { Connect } from "@certwright/haproxy";
import { usageError } from "../errors.ts";
import type { Memo } from "../memo.ts";
import { readListenAddress } from "./listen-address.ts";

/** What solvers work with. */
export interface SolverSurroundings {
  readonly journal: Journal;
  readonly world: World;
  /** What listens, by its address. */
  readonly listener: Memo<Solver>;
  /** Opens streams to HAProxy nodes, with keys wherever those are. */
  readonly connect: () => Promise<Connect>;
}

/** The map HAProxy answers from where none is named. */
const usualMap = "virt@acme";

/**
 * The solver of a way to prove names that is no DNS record.
 *
 * @throws CertwrightError `CLI_USAGE`, `HAPROXY_NODE_ADDRESS`, `HAPROXY_PLAINTEXT_REFUSED`
 */
export async function openSolver(way: ChallengeSpec, surroundings: SolverSurroundings): Promise<Solver> {
  const { type, listen, selfCheck = true } = way;
  const { listener, world } = surroundings;
  if (type === "http-01") {
    const solver = await openHttpSolver(way, surroundings);
    if (!selfCheck) return solver;
    return (await import("@certwright/http-01")).withSelfCheck(solver, { world });
  }
  if (type === "tls-alpn-01") {
    const address = listen ?? "443";
    return listener(`${type} ${address}`, async () =>
      (await import("@certwright/tls-alpn-01")).createTlsAlpnSolver(readListenAddress(address), world.now),
    );
  }
  throw usageError(`names cannot be proved by ${type} from here`, "Use a DNS provider, --http or --tls-alpn.");
}

async function openHttpSolver(
  { listen, webroot, haproxy, map = usualMap, stateless = false }: ChallengeSpec,
  { journal, world, listener, connect }: SolverSurroundings,
): Promise<Solver> {
  const { now } = world;
  if (stateless) return (await import("@certwright/haproxy")).createStatelessHttpSolver();
  if (haproxy !== undefined) {
    const { createHaproxyHttpSolver, parseNode } = await import("@certwright/haproxy");
    const nodes = haproxy.map(parseNode);
    return createHaproxyHttpSolver({ nodes, map, journal, now, connect: await connect() });
  }
  const { createStandaloneSolver, createWebrootSolver } = await import("@certwright/http-01");
  if (webroot !== undefined) return createWebrootSolver({ directory: webroot, journal, now });
  const address = listen ?? "80";
  return listener(`http-01 ${address}`, async () => createStandaloneSolver(readListenAddress(address)));
}
