import { HaproxyError } from "../errors.ts";
import { acmeStatus, challengeReady } from "./acme-commands.ts";
import type { AcmeCertificate } from "./domains.ts";
import { labelOf, type Office } from "./office.ts";
import { domainsToMark, type Outcome, outcomeOf, pauseBefore, summarize } from "./orders.ts";
import type { Deploy } from "./ring-message.ts";
import { type Presented, present } from "./solve.ts";

/** One order to see through. */
export interface Attempt {
  readonly certificate: string;
  readonly deploys: readonly Deploy[];
  /** Process id of the worker whose order it is. Another one's is another order, with other records. */
  readonly worker: number | undefined;
  readonly configured: AcmeCertificate | undefined;
  /** Aborted when HAProxy asks for other records, and when the agent is stopped. */
  readonly signal: AbortSignal;
  /** Resolves when the ring says that the certificate came. */
  readonly issued: Promise<unknown>;
}

/**
 * The story of one order: the records are set, all of them; seen by every server; HAProxy is told; the CA decides; the
 * records go.
 *
 * @returns `unknown` where HAProxy has no such order any more
 * @throws what HAProxy says, or the signal's reason
 */
export async function attemptOrder(attempt: Attempt, office: Office): Promise<Outcome> {
  // A replayed ring tells of orders that ended long ago.
  if (!(await isRunning(attempt, office))) return "unknown";
  office.world.emit({
    type: "certificate.started",
    certificate: attempt.certificate,
    identifiers: attempt.deploys.map(({ domain, wildcard }) => (wildcard ? `*.${domain}` : domain)),
    ca: attempt.configured?.section ?? "HAProxy",
    reason: `HAProxy asks for ${attempt.deploys.length === 1 ? "a record" : `${attempt.deploys.length} records`}`,
  });
  const presented = await presentAll(attempt, office);
  try {
    if (!(await markAll(attempt, office))) return "unknown";
    return await outcomeOfValidation(attempt, office);
  } finally {
    await presented?.cleanUp();
  }
}

/** How the order stands. An order is gone with its worker: what the next one has to do is not its failure. */
function lookAt({ certificate, worker, signal }: Attempt, { ask }: Office): Promise<Outcome> {
  return ask(async (session) => {
    const rows = await acmeStatus(session);
    return session.worker.pid === worker ? outcomeOf(rows.find((row) => row.certificate === certificate)) : "unknown";
  }, signal);
}

async function isRunning(attempt: Attempt, office: Office): Promise<boolean> {
  return (await lookAt(attempt, office)) === "running";
}

/**
 * Sets the records, again and again while HAProxy waits, since it has no command to give an order up. Undefined once the CA
 * has forgotten the authorizations: then HAProxy is told all the same, finds the order failed, and can begin another.
 */
async function presentAll(attempt: Attempt, office: Office): Promise<Presented | undefined> {
  const { certificate, deploys, signal } = attempt;
  const { world, alarms, limits, solving } = office;
  const alarm = `dns ${certificate}`;
  for (let tries = 0; ; tries++) {
    let presented: Presented | undefined;
    try {
      const bindings = await office.bindings(deploys.at(-1) ?? {});
      presented = await present(deploys, bindings, labelOf(office, certificate), solving, signal);
      await presented.visible();
      alarms.clear(alarm);
      return presented;
    } catch (error) {
      await presented?.cleanUp();
      signal.throwIfAborted();
      alarms.raise(alarm, error, certificate);
    }
    if (deploys.every(({ expires }) => expires !== undefined && expires < world.now())) return undefined;
    await world.sleep(pauseBefore(tries, limits.dnsRetries), signal);
    if (!(await isRunning(attempt, office))) return undefined;
  }
}

/** Tells HAProxy that every domain is ready; false where it has no such order any more. */
async function markAll(attempt: Attempt, office: Office): Promise<boolean> {
  const { certificate, deploys, worker, configured, signal } = attempt;
  const { ask, alarms, world, limits } = office;
  const domains = domainsToMark(deploys, configured?.domains);
  const alarm = `stuck ${certificate}`;
  for (;;) {
    const marked = await ask(async (session) => {
      // The next worker's order has records of its own, which nobody has set yet.
      if (session.worker.pid !== worker) return summarize([]);
      const answers = [];
      for (const domain of domains) answers.push(await challengeReady(session, certificate, domain));
      return summarize(answers);
    }, signal);
    if (marked.kind === "gone") return false;
    if (marked.kind === "refused") throw notReady(office, certificate, marked.answer.kind);
    if (marked.kind === "validating") break;
    alarms.raise(alarm, stuck(office, certificate, marked.remaining, configured), certificate);
    await world.sleep(limits.quiet, signal);
    if (!(await isRunning(attempt, office))) return false;
  }
  alarms.clear(alarm);
  for (const { domain } of deploys) {
    const identifier = { type: "dns", value: domain } as const;
    world.emit({ type: "challenge.answered", certificate, identifier, challenge: "dns-01" });
  }
  return true;
}

async function outcomeOfValidation(attempt: Attempt, office: Office): Promise<Outcome> {
  const { signal, issued } = attempt;
  const { world, limits } = office;
  let done = false;
  void issued.then(() => {
    done = true;
  });
  for (;;) {
    await Promise.race([world.sleep(limits.poll, signal), issued]);
    if (done) return "issued";
    const outcome = await lookAt(attempt, office);
    if (outcome !== "running") return outcome;
  }
}

function notReady({ node }: Office, certificate: string, said: string): HaproxyError {
  const isDenied = said === "denied";
  return new HaproxyError(
    isDenied ? "HAPROXY_LEVEL" : "HAPROXY_UNEXPECTED_ANSWER",
    `${node.id} does not take "acme challenge_ready" for ${certificate} (${said}).`,
    { node: node.id, certificate, hint: "Use the master socket (-S) of HAProxy 3.2 or later, without a lower level." },
  );
}

function stuck(
  { node }: Office,
  certificate: string,
  remaining: number,
  configured: AcmeCertificate | undefined,
): HaproxyError {
  const why = configured === undefined ? "HAProxy's configuration does not name them" : "not in its configuration";
  return new HaproxyError(
    "HAPROXY_ACME_STUCK",
    `The order of ${certificate} waits for ${remaining} more names: ${why}.`,
    {
      node: node.id,
      certificate,
      hint: "Give the configuration that HAProxy runs with by --config-file; a reload of HAProxy ends the order.",
    },
  );
}
