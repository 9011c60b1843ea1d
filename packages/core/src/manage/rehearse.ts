import { CertwrightError, isCertwrightError } from "@certwright/provider";
import { ChallengeError } from "../issue/challenge-error.ts";
import { proveNames } from "../issue/prove.ts";
import type { Solver } from "../issue/solver.ts";
import type { CaSpec, CertificateSpec } from "../spec.ts";
import { type Failure, readFailure } from "../store/failures.ts";
import { withinLimits } from "./budget.ts";
import type { CaPool } from "./obtain.ts";
import type { Run } from "./parts.ts";

/** Failures that a staging CA would have shown as well: a CA looked, and refused. */
const provingFailures = new Set(["CHALLENGE_FAILED", "STAGING_FAILED"]);

/** An order that may have to be rehearsed. */
export interface Rehearsal {
  readonly spec: CertificateSpec;
  readonly ca: CaSpec;
  /** What the last attempt at that CA failed with. */
  readonly failure: Failure | undefined;
  readonly solvers: readonly Solver[];
  readonly pool: CaPool;
  readonly run: Run;
}

/**
 * Where the last attempt at a CA could not prove the names, tries them at its staging CA first: five failures an hour are
 * all that production forgives. Nothing is issued there; an order whose names are proved is left to expire. A staging CA
 * that cannot be asked, or refuses for reasons of its own, holds nothing up.
 *
 * @throws CertwrightError `STAGING_FAILED`; then production is not to be asked
 */
export async function rehearse(job: Rehearsal): Promise<void> {
  const { spec, ca, failure } = job;
  const { world, parts } = job.run;
  const staging = parts.stagingOf?.(ca);
  if (staging === undefined || staging.directoryUrl === ca.directoryUrl || isBoundToAccount(spec)) return;
  if (!provingFailures.has(failure?.code ?? "")) return;
  const tell = (message: string) =>
    world.emit({ type: "warning", code: "STAGING_FIRST", certificate: spec.name, message });
  tell(`the names could not be proved before; trying at ${staging.directoryUrl} first`);
  try {
    await proveAt(staging, job);
  } catch (error) {
    world.signal.throwIfAborted();
    if (error instanceof ChallengeError && !isForbidden(error)) {
      // What keeps a CA from being asked fails at every CA alike.
      throw error.code === "CHALLENGE_FAILED" ? failedThere(staging, error) : error;
    }
    tell(`${staging.directoryUrl} cannot be asked (${messageOf(error)}); asking ${ca.directoryUrl}`);
  }
}

/** A proof that names the account, or is made of its key, says nothing about the same proof for another account. */
function isBoundToAccount({ challenges }: CertificateSpec): boolean {
  return challenges.some(
    ({ type, stateless }) => type === "dns-persist-01" || type === "dns-account-01" || stateless === true,
  );
}

async function proveAt(staging: CaSpec, { spec, solvers, pool, run }: Rehearsal): Promise<void> {
  const client = await pool.client(staging);
  const { directoryUrl, accountUrl = "" } = client;
  // The profile may not exist there, and nothing is issued by it.
  const { profile: _, ...anyProfile } = spec;
  // Its own ledger, without our own pauses: those of the CA it rehearses for hold already.
  const history = { failure: await readFailure(run.store, spec.name, directoryUrl, run.world.now()), issued: [] };
  const counted = { exemption: undefined, exemptionOtherwise: undefined, expires: undefined, history, force: true };
  const request = { spec, directoryUrl, accountUrl, ...counted };
  await withinLimits(request, run, async (mayOrder) => {
    const onOrder = async () => undefined;
    const proven = await proveNames({ spec: anyProfile, client, solvers, mayOrder, onOrder, world: run.world });
    await proven.cleanUp();
  });
}

/** CAA records may allow the one account at the CA, and nobody at its staging CA. */
function isForbidden({ failures }: ChallengeError): boolean {
  return failures.every(({ error }) => isCertwrightError(error) && error.code === "ACME_CAA");
}

function failedThere({ directoryUrl }: CaSpec, error: ChallengeError): CertwrightError {
  return new CertwrightError("STAGING_FAILED", `${error.message}, at ${directoryUrl}`, {
    hint: `${error.hint ?? "Mend what it says."} The CA itself was not asked; --force asks it at once.`,
    cause: error,
    retryable: error.retryable,
  });
}

function messageOf(error: unknown): string {
  return isCertwrightError(error) ? `${error.code}: ${error.message}` : String(error);
}
