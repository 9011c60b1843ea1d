import { CertwrightError, isCertwrightError } from "@certwright/provider";
import { ChallengeError } from "../issue/challenge-error.ts";
import { proveNames } from "../issue/prove.ts";
import type { Solver } from "../issue/solver.ts";
import type { CaSpec, CertificateSpec } from "../spec.ts";
import { own } from "../store/ledger.ts";
import { openLedger } from "../store/ledger-file.ts";
import { withinLimits } from "./budget.ts";
import type { CaPool } from "./obtain.ts";
import type { Run } from "./parts.ts";

/** Failures that a staging CA would have shown as well: the names could not be proved. */
const provingFailures = new Set(["CHALLENGE_FAILED", "STAGING_FAILED"]);

/**
 * Where the last attempt at a CA could not prove the names, tries them at its staging CA first: five failures an hour are
 * all that production forgives. Nothing is issued there; an order whose names are proved is left to expire. A staging CA
 * that cannot be asked, or refuses for reasons of its own, holds nothing up.
 *
 * @throws CertwrightError `STAGING_FAILED`; then production is not to be asked
 */
export async function rehearse(
  spec: CertificateSpec,
  ca: CaSpec,
  solvers: readonly Solver[],
  pool: CaPool,
  run: Run,
): Promise<void> {
  const { store, world, parts } = run;
  const staging = parts.stagingOf?.(ca);
  if (staging === undefined || staging.directoryUrl === ca.directoryUrl || isBoundToAccount(spec)) return;
  const { failures } = await openLedger(store, ca.directoryUrl, world.now).read();
  if (!provingFailures.has(own(failures, spec.name)?.code ?? "")) return;
  const tell = (message: string) =>
    world.emit({ type: "warning", code: "STAGING_FIRST", certificate: spec.name, message });
  tell(`the names could not be proved before; trying at ${staging.directoryUrl} first`);
  try {
    await proveAt(spec, staging, solvers, pool, run);
  } catch (error) {
    world.signal.throwIfAborted();
    if (error instanceof ChallengeError && !isForbidden(error)) throw failedThere(staging, error);
    tell(`${staging.directoryUrl} cannot be asked (${messageOf(error)}); asking ${ca.directoryUrl}`);
  }
}

/** A proof that names the account, or is made of its key, says nothing about the same proof for another account. */
function isBoundToAccount({ challenges }: CertificateSpec): boolean {
  return challenges.some(
    ({ type, stateless }) => type === "dns-persist-01" || type === "dns-account-01" || stateless === true,
  );
}

async function proveAt(
  spec: CertificateSpec,
  staging: CaSpec,
  solvers: readonly Solver[],
  pool: CaPool,
  run: Run,
): Promise<void> {
  const client = await pool.client(staging);
  const { directoryUrl, accountUrl = "" } = client;
  // The profile may not exist there, and nothing is issued by it.
  const { profile: _, ...anyProfile } = spec;
  // Its own ledger, without our own pauses: those of the CA it rehearses for hold already.
  const counted = { exemption: undefined, exemptionOtherwise: undefined, expires: undefined, force: true };
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
