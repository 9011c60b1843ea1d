import { type Authorization, getAuthorizations } from "../acme/authorization.ts";
import type { AcmeClient } from "../acme/client.ts";
import { createOrder, type Order } from "../acme/order.ts";
import { OrderError } from "../acme/order-error.ts";
import { waitForOrder } from "../acme/poll.ts";
import { orderedIdentifier } from "../identifier.ts";
import type { CertificateSpec } from "../spec.ts";
import type { World } from "../world.ts";
import { type Attempt, failureOf, giveUp, type Proving } from "./attempt.ts";
import { ChallengeError, type NameFailure } from "./challenge-error.ts";
import { solve } from "./solve.ts";
import type { Solver } from "./solver.ts";

/**
 * Asked before an order is placed; throws where none may be. `refused`: the CA refused `replaces`, and it is about to be
 * ordered without. `ignored`: an order was placed and does not say that it replaces anything (RFC 9773 section 5).
 */
export type MayOrder = (replaces?: "refused" | "ignored") => Promise<void>;

/** What proving the names of one certificate needs. */
export interface ProofJob {
  readonly spec: CertificateSpec;
  readonly client: AcmeClient;
  readonly solvers: readonly Solver[];
  /** RFC 9773 identifier of the certificate this one follows. */
  readonly replaces?: string | undefined;
  /** An order of an earlier run that can still be used. */
  readonly resumed?: Order | undefined;
  readonly mayOrder?: MayOrder | undefined;
  /** Told of every new order before anything is done for it. */
  readonly onOrder: (order: Order) => Promise<void>;
  readonly world: World;
}

/** An order whose names are all proved, and what is left to undo. */
export interface ProvenOrder {
  readonly order: Order;
  readonly cleanUp: () => Promise<void>;
}

/**
 * Orders a certificate and proves its names. Where the CA refuses a name one way and there is another, the names are
 * ordered again and that one proved the other way: a refused authorization spends its order (RFC 8555 section 7.1.6).
 *
 * @throws ChallengeError, and what ordering throws.
 */
export async function proveNames(job: ProofJob): Promise<ProvenOrder> {
  const { spec, client, solvers, world } = job;
  const proving: Proving = { certificate: spec.name, client, solvers, failed: new Map(), world };
  for (let order = job.resumed ?? (await placeOrder(job)); ; order = await placeOrder(job)) {
    const { signal } = world;
    if (order.status !== "pending") return { order, cleanUp: async () => undefined };
    const authorizations = await getAuthorizations(client, order.authorizations, { signal });
    const solved = await solve(authorizations, proving);
    try {
      const ready = await waitForOrder(client, order, "ready", { signal });
      tellProved(job, authorizations, ready);
      return { order: ready, cleanUp: solved.cleanUp };
    } catch (error) {
      await solved.cleanUp();
      if (!(error instanceof OrderError)) throw error;
      noteRefusals(error, solved.answered, proving);
    }
  }
}

async function placeOrder({ spec, client, replaces, mayOrder, onOrder, world }: ProofJob): Promise<Order> {
  await mayOrder?.();
  const { signal } = world;
  const created = await createOrder(
    client,
    { identifiers: spec.identifiers, profile: spec.profile, replaces },
    { signal, mayOrderAgain: async () => await mayOrder?.("refused") },
  );
  // First of all: a run that dies before it is noted costs another order.
  await onOrder(created);
  if (created.replacesRefused !== undefined) {
    const { message } = created.replacesRefused;
    world.emit({
      type: "warning",
      code: "ACME_REPLACES_REFUSED",
      certificate: spec.name,
      message: `ordered without "replaces": ${message}`,
    });
  } else if (replaces !== undefined && created.replaces === undefined) await mayOrder?.("ignored");
  world.emit({ type: "order.created", certificate: spec.name, order: created.url, status: created.status });
  return created;
}

function tellProved({ spec, world }: ProofJob, authorizations: readonly Authorization[], order: Order): void {
  for (const authorization of authorizations) {
    const identifier = orderedIdentifier(authorization);
    if (authorization.status !== "valid")
      world.emit({ type: "authorization.valid", certificate: spec.name, identifier, reused: false });
  }
  world.emit({ type: "order.ready", certificate: spec.name, order: order.url });
}

/**
 * Notes which attempts the CA refused.
 *
 * @throws ChallengeError when some name has no other way left, naming all that were refused.
 */
function noteRefusals(error: OrderError, answered: readonly Attempt[], proving: Proving): void {
  if (error.failures.length === 0) throw error;
  let hopeless = false;
  const failures = error.failures.map(({ identifier, wildcard, challenge, problem }): NameFailure => {
    const attempt = answered.find(
      ({ task }) => task.identifier.value === identifier.value && task.wildcard === wildcard,
    );
    if (attempt === undefined) {
      hopeless = true;
      return { identifier, wildcard, challenge, solver: undefined, refusedByCa: true, error: problem };
    }
    if (!giveUp(attempt, problem, proving)) hopeless = true;
    return failureOf(attempt, problem, true);
  });
  if (hopeless) throw new ChallengeError(failures);
}
