import { CertwrightError } from "@certwright/provider";
import type { Authorization } from "../acme/authorization.ts";
import { keyAuthorization } from "../acme/challenge.ts";
import type { AcmeClient } from "../acme/client.ts";
import { type ChallengeType, orderedIdentifier } from "../identifier.ts";
import type { World } from "../world.ts";
import type { NameFailure } from "./challenge-error.ts";
import { explainSelection, selectSolver } from "./select.ts";
import type { Solver, Task } from "./solver.ts";

/** An authorization on its way: what it became, and what was tried. */
export interface Proof {
  readonly authorization: Authorization;
  readonly failed: ReadonlySet<string>;
}

/** A task with the authorization and solver it belongs to. */
export interface Attempt extends Proof {
  readonly solver: Solver;
  readonly task: Task;
}

/** The identifier of an authorization as one string; a wildcard is not its base name. */
export function keyOf(authorization: Authorization): string {
  return orderedIdentifier(authorization).value;
}

/** One attempt for each open name; names nothing can prove go to `failures`. */
export function chooseSolvers(
  certificate: string,
  client: AcmeClient,
  open: readonly Proof[],
  solvers: readonly Solver[],
  failures: NameFailure[],
  world: World,
): readonly Attempt[] {
  return open.flatMap((proof) => {
    const { authorization } = proof;
    const { identifier, wildcard } = authorization;
    const choice = {
      identifier,
      wildcard,
      offered: authorization.challenges.map(({ type }) => type as ChallengeType),
      failed: proof.failed,
    };
    const solver = selectSolver(choice, solvers);
    if (solver === undefined) {
      // A name whose solvers all failed is in `failures` already, with the reason of the last one.
      if (!failures.some((failure) => failure.identifier.value === identifier.value && failure.wildcard === wildcard)) {
        const error = new CertwrightError(
          "CHALLENGE_NOT_OFFERED",
          `no configured way to prove ${keyOf(authorization)} (${explainSelection(choice, solvers)})`,
          {
            hint: "Wildcards need --dns; IP addresses need --http or --tls-alpn.",
          },
        );
        failures.push({ identifier, wildcard, challenge: undefined, solver: undefined, refusedByCa: false, error });
      }
      return [];
    }
    world.emit({
      type: "challenge.chosen",
      certificate,
      identifier: orderedIdentifier(authorization),
      challenge: solver.type,
      solver: solver.label,
    });
    return [{ ...proof, solver, task: taskFor(client, authorization, solver.type) }];
  });
}

function taskFor(client: AcmeClient, authorization: Authorization, type: ChallengeType): Task {
  const token = authorization.challenges.find((challenge) => challenge.type === type)?.token ?? "";
  return {
    id: authorization.url,
    type,
    identifier: authorization.identifier,
    wildcard: authorization.wildcard,
    token,
    keyAuthorization: token === "" ? "" : keyAuthorization(token, client.thumbprint),
    accountUrl: client.accountUrl ?? "",
  };
}

/** Notes that this solver failed for this name; returns it for another try when some other solver is left. */
export function fallBack(
  certificate: string,
  attempt: Attempt,
  error: Error,
  failures: NameFailure[],
  solvers: readonly Solver[],
  world: World,
): readonly Proof[] {
  const { authorization, solver, task } = attempt;
  const failed = new Set([...attempt.failed, solver.label]);
  const offered = authorization.challenges.map(({ type }) => type as ChallengeType);
  const next = selectSolver({ identifier: task.identifier, wildcard: task.wildcard, offered, failed }, solvers);
  const code = "code" in error && typeof error.code === "string" ? error.code : "CHALLENGE_FAILED";
  world.emit({
    type: "challenge.failed",
    certificate,
    identifier: orderedIdentifier(task),
    challenge: task.type,
    solver: solver.label,
    code,
    message: error.message,
    ...(next === undefined ? {} : { next: next.label }),
  });
  if (next !== undefined) return [{ authorization, failed }];
  failures.push({
    identifier: task.identifier,
    wildcard: task.wildcard,
    challenge: task.type,
    solver: solver.label,
    refusedByCa: false,
    error,
  });
  return [];
}
