import { CertwrightError } from "@certwright/provider";
import type { ChallengeType, Identifier } from "../identifier.ts";
import { type Authorization, getAuthorizations } from "./authorization.ts";
import type { AcmeClient, CallOptions } from "./client.ts";
import type { Order } from "./order.ts";
import { AcmeProblem, describeProblem, type ProblemDocument, problemMessage } from "./problem.ts";

/** Why the CA could not validate one name. */
export interface AuthorizationFailure {
  readonly identifier: Identifier;
  readonly wildcard: boolean;
  /** The challenge that failed; undefined where the authorization ended for another reason. */
  readonly challenge: ChallengeType | undefined;
  readonly problem: AcmeProblem;
}

/** An order became invalid at the CA. It is spent; only a new one can succeed. */
export class OrderError extends CertwrightError {
  override readonly name: string = "OrderError";
  readonly order: Order;
  /** One for each name that failed; empty where the order failed as a whole. */
  readonly failures: readonly AuthorizationFailure[];
  /** What the CA says of the order itself. */
  readonly problem: ProblemDocument | undefined;

  constructor(order: Order, failures: readonly AuthorizationFailure[]) {
    const { code, hint, retryable } = kindOf(order, failures);
    super(code, messageOf(order, failures), { hint, retryable });
    this.order = order;
    this.failures = failures;
    this.problem = order.error;
  }
}

/** The error for an order that became invalid, with what each of its authorizations tells. */
export async function orderError(client: AcmeClient, order: Order, options: CallOptions = {}): Promise<OrderError> {
  const authorizations = await getAuthorizations(client, order.authorizations, options).catch((error: unknown) => {
    options.signal?.throwIfAborted();
    // The order's own error must be told even where the details cannot be had.
    if (error instanceof CertwrightError) return [];
    throw error;
  });
  return new OrderError(order, authorizations.flatMap(failureOf));
}

function failureOf({ url, identifier, wildcard, status, challenges }: Authorization): readonly AuthorizationFailure[] {
  if (status === "pending" || status === "valid") return [];
  const failed = challenges.find((challenge) => challenge.error !== undefined);
  const document = failed?.error ?? { type: "about:blank", detail: `The authorization is ${status}`, subproblems: [] };
  return [
    { identifier, wildcard, challenge: failed?.type, problem: new AcmeProblem(document, { url: failed?.url ?? url }) },
  ];
}

function kindOf(
  order: Order,
  failures: readonly AuthorizationFailure[],
): { code: string; hint: string; retryable: boolean } {
  const [first] = failures;
  const codes = new Set(failures.map(({ problem }) => problem.code));
  if (first !== undefined && codes.size === 1)
    return { code: first.problem.code, hint: first.problem.hint ?? "", retryable: first.problem.retryable };
  if (first !== undefined) {
    const retryable = failures.every(({ problem }) => problem.retryable);
    return {
      code: "ACME_AUTHORIZATION_FAILED",
      hint: "Mend what the CA says of each name, or leave those names out.",
      retryable,
    };
  }
  if (order.error !== undefined) return describeProblem(order.error);
  return { code: "ACME_ORDER_INVALID", hint: "The CA gives no reason. Try again with a new order.", retryable: true };
}

function messageOf(order: Order, failures: readonly AuthorizationFailure[]): string {
  const parts = failures
    .slice(0, 10)
    .map(({ identifier, wildcard, problem }) => `${wildcard ? "*." : ""}${identifier.value}: ${problem.message}`);
  const more = failures.length > parts.length ? `; and ${failures.length - parts.length} more` : "";
  if (parts.length > 0) return `The CA could not validate ${parts.join("; ")}${more}`;
  return order.error === undefined
    ? `The CA made the order ${order.url} invalid`
    : `The order failed: ${problemMessage(order.error)}`;
}
