import type { ChallengeSpec, Solver } from "@certwright/core";
import { usageError } from "../errors.ts";
import { readListenAddress } from "./listen-address.ts";

/**
 * The solver of a way to prove names that is no DNS record.
 *
 * @throws CertwrightError `CLI_USAGE`
 */
export async function openSolver({ type, listen }: ChallengeSpec, now: () => number): Promise<Solver> {
  if (type === "http-01") {
    const { createStandaloneSolver } = await import("@certwright/http-01");
    return createStandaloneSolver(readListenAddress(listen ?? "80"));
  }
  if (type === "tls-alpn-01") {
    const { createTlsAlpnSolver } = await import("@certwright/tls-alpn-01");
    return createTlsAlpnSolver(readListenAddress(listen ?? "443"), now);
  }
  throw usageError(`names cannot be proved by ${type} from here`, "Use a DNS provider, --http or --tls-alpn.");
}
