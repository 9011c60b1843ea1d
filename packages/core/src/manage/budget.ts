import { registeredDomain } from "@certwright/dns";
import { CertwrightError, isCertwrightError } from "@certwright/provider";
import { AcmeProblem } from "../acme/problem.ts";
import { ChallengeError } from "../issue/challenge-error.ts";
import type { CertificateSpec } from "../spec.ts";
import { failed, hold, type Ledger, pauseName } from "../store/ledger.ts";
import { type LedgerFile, openLedger, takeSlot } from "../store/ledger-file.ts";
import { type CaLimits, publishedLimits } from "../store/limits.ts";
import type { OrderRequest } from "../store/order-request.ts";
import { registeredDomains } from "../store/registered-domains.ts";
import type { Slot } from "../store/slot.ts";
import { issued, validationFailed } from "../store/spend.ts";
import type { Run } from "./parts.ts";

/** What an order is counted as. */
export interface BudgetRequest {
  readonly spec: CertificateSpec;
  readonly directoryUrl: string;
  readonly accountUrl: string;
  /** It follows a certificate by `replaces`, which CAs do not count. */
  readonly replaces: boolean;
  /** The user insists. The CA's own limits still hold. */
  readonly force: boolean;
}

/**
 * Remembers what comes of an order: what was issued, what failed and when to try again, what the CA asked to wait for.
 * `order` is handed a function to call before it places an order, which refuses where the CA would, as far as this
 * machine's ledger knows. To finish an order of an earlier run needs no leave.
 *
 * @throws CertwrightError `LIMIT_...` with the moment of the next slot, before anything is asked of the CA
 */
export async function withinLimits<T>(
  request: BudgetRequest,
  run: Run,
  order: (mayOrder: () => Promise<void>) => Promise<T>,
): Promise<T> {
  const { spec, directoryUrl, accountUrl, force } = request;
  const { world } = run;
  const limits = limitsOf(directoryUrl, run);
  const ledger = openLedger(run.store, directoryUrl, world.now);
  const counted: OrderRequest = {
    certificate: spec.name,
    account: accountUrl,
    identifiers: spec.identifiers,
    domains: registeredDomains(spec.identifiers, registeredDomain),
    ...(request.replaces ? { exemption: "ari" } : {}),
    force,
  };
  let refusal: CertwrightError | undefined;
  const ask = async (): Promise<void> => {
    const slot = await takeSlot(ledger, limits, counted, world.now());
    if (slot.allowed) return;
    refusal = notNow(spec.name, slot, world.now());
    throw refusal;
  };
  // The second order of a run, when the CA refused a name one way and there is another, is what the first was allowed for.
  let asked: Promise<void> | undefined;
  const mayOrder = (): Promise<void> => {
    asked ??= ask();
    return asked;
  };
  try {
    const result = await order(mayOrder);
    await ledger.update((before) => [issued(before, limits, counted, world.now()), undefined]);
    return result;
  } catch (error) {
    // A stopped run says nothing about the certificate, and a refusal of ours is no failure of it.
    if (!world.signal.aborted && error !== refusal) await remember(error, counted, directoryUrl, ledger, run);
    throw error;
  }
}

/** What the configuration says of a CA, else what the CA publishes. */
export function limitsOf(directoryUrl: string, { parts }: Pick<Run, "parts">): CaLimits | undefined {
  const stated = parts.limits?.(directoryUrl);
  return stated === undefined
    ? publishedLimits(directoryUrl)
    : { source: "the configuration", asOf: "", limits: stated };
}

const codes: Record<Extract<Slot, { allowed: false }>["cause"], string> = {
  limit: "LIMIT_REACHED",
  "own-limit": "LIMIT_OWN",
  hold: "LIMIT_HOLD",
  paused: "LIMIT_PAUSED",
  backoff: "LIMIT_BACKOFF",
};

function notNow(name: string, slot: Extract<Slot, { allowed: false }>, now: number): CertwrightError {
  const hint =
    slot.unpauseUrl === undefined
      ? `The next try is possible at ${new Date(slot.at).toISOString()}.${slot.cause === "limit" || slot.cause === "hold" ? "" : " --force does not wait for it."}`
      : `Open ${slot.unpauseUrl} to resume it.`;
  return new CertwrightError(codes[slot.cause], `${name} is not ordered now: ${slot.reason}`, {
    hint,
    retryAfter: Math.max(0, Math.ceil((slot.at - now) / 1000)),
  });
}

async function remember(
  error: unknown,
  request: OrderRequest,
  directoryUrl: string,
  ledger: LedgerFile,
  run: Run,
): Promise<void> {
  const { world } = run;
  const { certificate, account = "" } = request;
  const now = world.now();
  const told = isCertwrightError(error)
    ? error
    : new CertwrightError("INTERNAL", error instanceof Error ? error.message : String(error));
  const limits = limitsOf(directoryUrl, run);
  const refused = error instanceof ChallengeError ? error.failures.filter(({ refusedByCa }) => refusedByCa) : [];
  await ledger.update((before) => {
    let next: Ledger = failed(before, certificate, told, world.random(), now);
    for (const { identifier } of refused) next = validationFailed(next, limits, account, identifier.value, now);
    for (const problem of problemsIn(error)) {
      if (problem.code === "ACME_RATE_LIMITED" && problem.retryAfter !== undefined) {
        next = hold(next, { certificate }, problem.retryAfter, problem.message, now);
      }
      if (problem.code !== "ACME_PAUSED") continue;
      for (const { value } of request.identifiers) next = pauseName(next, account, value, problem.instance, now);
    }
    return [next, undefined];
  });
}

function problemsIn(error: unknown): readonly AcmeProblem[] {
  if (error instanceof AcmeProblem) return [error];
  return error instanceof ChallengeError ? error.failures.flatMap((failure) => problemsIn(failure.error)) : [];
}
