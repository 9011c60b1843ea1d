import { isCertwrightError } from "@certwright/provider";
import type { AcmeClient } from "../acme/client.ts";
import { refuseForbidden } from "../doctor/caa.ts";
import { issue } from "../issue/issue.ts";
import { openCa } from "../issue/open-ca.ts";
import type { Solver } from "../issue/solver.ts";
import type { CaSpec, CertificateSpec } from "../spec.ts";
import type { CertificateMeta } from "../store/certificate-meta.ts";
import { readCertificate } from "../store/certificates.ts";
import { withinLimits } from "./budget.ts";
import type { Run } from "./parts.ts";
import type { Action } from "./plan.ts";
import type { RenewOptions } from "./renew-certificate.ts";
import { openSolvers, worldFor } from "./solvers.ts";

/** Opens each CA once in a run, however many certificates want it. */
export interface CaPool {
  client(ca: CaSpec): Promise<AcmeClient>;
  /** Ends idle connections. */
  close(): Promise<void>;
}

/** A pool over the run's store; an opening that failed is tried anew by the next certificate. */
export function createCaPool({ store, parts, world }: Run): CaPool {
  const clients = new Map<string, Promise<AcmeClient>>();
  return {
    client: (ca) => {
      const key = JSON.stringify([ca.directoryUrl, ca.email]);
      const known = clients.get(key) ?? parts.caAccess(ca).then((access) => openCa(ca, access, store, world));
      clients.set(key, known);
      known.catch(() => clients.delete(key));
      return known;
    },
    close: async () => {
      for (const client of await Promise.allSettled(clients.values())) {
        if (client.status === "fulfilled") client.value.close();
      }
    },
  };
}

/** What a person who asks for it is granted; see `RenewOptions`. */
export type Wishes = Pick<RenewOptions, "force" | "insist">;

/**
 * Gets one certificate from the first of its CAs that gives it. The next CA is asked only when the one before was out of
 * reach, limited us, or is forbidden to issue; a name that cannot be proved fails everywhere alike. `force` and `insist` lift
 * this program's own limits and backoff, not the CA's; `force` asks a CA that CAA records seem to forbid, too.
 */
export async function obtain(
  action: Extract<Action, { do: "issue" }>,
  wishes: Wishes,
  pool: CaPool,
  run: Run,
): Promise<CertificateMeta> {
  const { spec } = action;
  const solvers = await openSolvers(spec, run);
  for (const [index, ca] of spec.cas.entries()) {
    try {
      return await obtainFrom(ca, action, wishes, solvers, pool, run);
    } catch (error) {
      run.world.signal.throwIfAborted();
      const next = spec.cas[index + 1];
      if (next === undefined || !isCasOwnFault(error)) throw error;
      const { code, message } = error;
      run.world.emit({
        type: "warning",
        code,
        certificate: spec.name,
        message: `${ca.directoryUrl} cannot issue now (${message}); asking ${next.directoryUrl}`,
      });
    }
  }
  throw new Error("a certificate without a CA passed its checks");
}

async function obtainFrom(
  ca: CaSpec,
  { spec, replaces }: Extract<Action, { do: "issue" }>,
  wishes: Wishes,
  solvers: readonly Solver[],
  pool: CaPool,
  run: Run,
): Promise<CertificateMeta> {
  const { force, insist = false } = wishes;
  const client = await pool.client(ca);
  if (!force) await refuseForbiddenCa(spec, client, solvers, run);
  const before = await readCertificate(run.store, spec.name);
  const csr = spec.csrFile === undefined ? undefined : await run.parts.readFile(spec.csrFile);
  // Another CA knows nothing of the certificate that is replaced.
  const follows = before?.meta.directoryUrl === client.directoryUrl ? replaces : undefined;
  const { directoryUrl, accountUrl = "" } = client;
  return await withinLimits(
    { spec, directoryUrl, accountUrl, replaces: follows !== undefined, force: force || insist },
    run,
    (mayOrder) =>
      issue({
        spec,
        client,
        solvers,
        csr,
        previousKeyPem: before?.keyPem,
        previousIssuedAt: before?.meta.issuedAt,
        replaces: follows,
        mayOrder,
        store: run.store,
        world: run.world,
      }),
  );
}

/** A CA that CAA records forbid to issue costs no order. */
async function refuseForbiddenCa(
  spec: CertificateSpec,
  client: AcmeClient,
  solvers: readonly Solver[],
  run: Run,
): Promise<void> {
  const { resolver, signal } = worldFor(spec, run);
  const { meta } = await client.directory({ signal });
  const methods = solvers.filter(({ automatic }) => automatic !== true).map(({ type }) => type);
  const question = { issuers: meta.caaIdentities, accountUrl: client.accountUrl, methods };
  await refuseForbidden(spec.identifiers, question, resolver, signal);
}

const casOwnFaults = new Set([
  "ACME_UNREACHABLE",
  "ACME_TIMEOUT",
  "ACME_SERVER_INTERNAL",
  "ACME_RATE_LIMITED",
  "ACME_PAUSED",
  "ACME_CAA",
  "ACME_NOT_ACME",
  "LIMIT_REACHED",
  "LIMIT_HOLD",
  "LIMIT_PAUSED",
]);

function isCasOwnFault(error: unknown): error is Error & { code: string } {
  return (
    isCertwrightError(error) && (casOwnFaults.has(error.code) || (error.code.startsWith("ACME_") && error.retryable))
  );
}
