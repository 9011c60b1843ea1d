import { registeredDomain } from "@certwright/dns";
import { asError, isCertwrightError } from "@certwright/provider";
import { AcmeProblem } from "../acme/problem.ts";
import { ChallengeError } from "../issue/challenge-error.ts";
import type { MayOrder } from "../issue/prove.ts";
import type { CaSpec, CertificateSpec } from "../spec.ts";
import { longestAskedPause } from "../store/backoff.ts";
import { failedAgain, readFailure, removeFailure, saveFailure } from "../store/failures.ts";
import type { OrderHistory } from "../store/history.ts";
import { hold, type Ledger, pauseName, released } from "../store/ledger.ts";
import { openLedger, takeSlot } from "../store/ledger-file.ts";
import { type CaLimits, type LimitExemption, publishedLimits } from "../store/limits.ts";
import type { OrderRequest } from "../store/order-request.ts";
import { registeredDomains } from "../store/registered-domains.ts";
import { nextSlot } from "../store/slot.ts";
import { issued, reserved, validationFailed } from "../store/spend.ts";
import { toldOf } from "../told-of.ts";
import { LimitError } from "./limit-error.ts";
import type { Run } from "./parts.ts";

/** What an order is counted as. */
export interface BudgetRequest {
  readonly spec: CertificateSpec;
  readonly directoryUrl: string;
  readonly accountUrl: string;
  /** Why the CA does not count it against some of its limits. */
  readonly exemption: LimitExemption | undefined;
  /** The same where the CA does not take `replaces`. */
  readonly exemptionOtherwise: LimitExemption | undefined;
  /** When the certificate in use ends, milliseconds since 1970: no pause is longer than it can bear. */
  readonly expires: number | undefined;
  readonly history: OrderHistory;
  /** The user insists. The CA's own limits still hold. */
  readonly force: boolean;
}

/**
 * Remembers what comes of an order: what was issued, what failed and when to try again, what the CA asked to wait for.
 * `order` is handed a function to call before it places an order, which refuses where the CA would, as far as this
 * machine's ledger knows. To finish an order of an earlier run needs no leave.
 *
 * @throws LimitError with the moment of the next slot, before anything is asked of the CA
 */
export async function withinLimits<T>(
  request: BudgetRequest,
  run: Run,
  order: (mayOrder: MayOrder) => Promise<T>,
): Promise<T> {
  const { spec, directoryUrl, expires } = request;
  const { world } = run;
  const limits = limitsOf(directoryUrl, run);
  const ledger = openLedger(run.store, directoryUrl, world.now);
  const counted = countedAs(request);
  const countedOtherwise = countedAs({ ...request, exemption: request.exemptionOtherwise });
  let refusal: LimitError | undefined;
  const ask = async (order: OrderRequest): Promise<void> => {
    const slot = await takeSlot(ledger, limits, order, world.now());
    if (slot.allowed) return;
    refusal = new LimitError(spec.name, slot, world.now());
    throw refusal;
  };
  const recount = (): Promise<void> =>
    note(spec.name, run, () =>
      ledger.update((before) => [reserved(before, limits, countedOtherwise, world.now()), undefined]),
    );
  // The second order of a run, when the CA refused a name one way and there is another, is what the first was allowed for.
  const answers = new Map<Parameters<MayOrder>[0], Promise<void>>();
  const mayOrder: MayOrder = async (replaces) => {
    const asking = () =>
      replaces === "ignored" ? recount() : ask(replaces === undefined ? counted : countedOtherwise);
    const answer = answers.get(replaces) ?? asking();
    answers.set(replaces, answer);
    await answer;
  };
  const result = await order(mayOrder).catch(async (error: unknown) => {
    // A stopped run says nothing about the certificate, and a refusal of ours is no failure of it.
    if (!world.signal.aborted && error !== refusal) await remember(error, counted, { directoryUrl, expires }, run);
    throw error;
  });
  await note(spec.name, run, async () => {
    if (request.history.failure !== undefined) await removeFailure(run.store, spec.name, directoryUrl);
    await ledger.update((before) => [issued(before, limits, counted, world.now()), undefined]);
  });
  return result;
}

/**
 * Refuses where an order would be refused later, so that nobody is asked anything before it, DNS and CA included.
 *
 * @throws LimitError
 */
export async function refuseEarly(request: BudgetRequest, run: Run): Promise<void> {
  const { directoryUrl, spec } = request;
  const now = run.world.now();
  const ledger = await openLedger(run.store, directoryUrl, run.world.now).read();
  const slot = nextSlot(ledger, limitsOf(directoryUrl, run), countedAs(request), now);
  if (!slot.allowed) throw new LimitError(spec.name, slot, now);
}

/** Remembers a failure that came before there was an account to order with: the CA could not be opened. */
export async function rememberUnopened(
  error: unknown,
  spec: CertificateSpec,
  at: { readonly directoryUrl: string; readonly expires: number | undefined },
  run: Run,
): Promise<void> {
  if (!run.world.signal.aborted) await remember(error, requestOf(spec), at, run);
}

/** When a certificate that failed at a CA is tried again there; a minute from now where this failure never came that far. */
export async function nextTry(certificate: string, ca: CaSpec | undefined, { store, world }: Run): Promise<number> {
  const now = world.now();
  const failure = ca === undefined ? undefined : await readFailure(store, certificate, ca.directoryUrl, now);
  return failure !== undefined && failure.nextTry > now ? failure.nextTry : now + 60_000;
}

/** What the configuration says of a CA, else what the CA publishes. */
export function limitsOf(directoryUrl: string, { parts }: Pick<Run, "parts">): CaLimits | undefined {
  const stated = parts.limits?.(directoryUrl);
  return stated === undefined
    ? publishedLimits(directoryUrl)
    : { source: "the configuration", asOf: "", limits: stated };
}

function countedAs({ spec, accountUrl, exemption, history, force }: BudgetRequest): OrderRequest {
  const request = { ...requestOf(spec), account: accountUrl, history, force };
  return exemption === undefined ? request : { ...request, exemption };
}

function requestOf({ name, identifiers }: CertificateSpec): OrderRequest {
  return { certificate: name, identifiers, domains: registeredDomains(identifiers, registeredDomain) };
}

async function remember(
  error: unknown,
  request: OrderRequest,
  { directoryUrl, expires }: { readonly directoryUrl: string; readonly expires: number | undefined },
  run: Run,
): Promise<void> {
  const { world } = run;
  const { certificate, account = "" } = request;
  const now = world.now();
  const left = expires === undefined ? Number.POSITIVE_INFINITY : Math.max(expires - now, 0);
  const told = isCertwrightError(error) ? error : toldOf(error);
  const limits = limitsOf(directoryUrl, run);
  const refused = error instanceof ChallengeError ? error.failures.filter(({ refusedByCa }) => refusedByCa) : [];
  const ledger = openLedger(run.store, directoryUrl, world.now);
  const change = (before: Ledger): readonly [Ledger, undefined] => {
    let next = released(before, certificate);
    for (const { identifier } of refused) next = validationFailed(next, limits, account, identifier.value, now);
    for (const { code, status, retryAfter, message, instance } of problemsIn(error)) {
      if (retryAfter !== undefined && status === 503) next = hold(next, "ca", retryAfter, message, now);
      if (retryAfter !== undefined && code === "ACME_RATE_LIMITED") {
        const believed = Math.min(retryAfter, longestAskedPause(left) / 1000);
        next = hold(next, { certificate }, believed, message, now);
      }
      if (code !== "ACME_PAUSED") continue;
      for (const { value } of request.identifiers) next = pauseName(next, account, value, instance, now);
    }
    return [next, undefined];
  };
  await note(certificate, run, async () => {
    const before = await readFailure(run.store, certificate, directoryUrl, now);
    const failure = failedAgain(before, told, world.random(), now, expires);
    await saveFailure(run.store, { certificate, directoryUrl, ...failure });
    await ledger.update(change);
  });
}

/** Notes what an order came to. Where that fails it is told and no more: neither the certificate nor its failure is another for it. */
async function note(certificate: string, { world }: Run, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (cause) {
    const { message, ...told } = toldOf(asError(cause));
    world.emit({ type: "warning", certificate, message: `what came of the order is not noted: ${message}`, ...told });
  }
}

function problemsIn(error: unknown): readonly AcmeProblem[] {
  if (error instanceof AcmeProblem) return [error];
  return error instanceof ChallengeError ? error.failures.flatMap((failure) => problemsIn(failure.error)) : [];
}
