import { CertwrightError } from "@certwright/provider";
import type { Authorization } from "../acme/authorization.ts";
import { keyAuthorization } from "../acme/challenge.ts";
import type { AcmeClient } from "../acme/client.ts";
import { AcmeProblem } from "../acme/problem.ts";
import { type ChallengeType, orderedIdentifier } from "../identifier.ts";
import type { World } from "../world.ts";
import type { NameFailure } from "./challenge-error.ts";
import { type Choice, explainSelection, selectSolver } from "./select.ts";
import type { Solver, Task } from "./solver.ts";

/** What proving the names of one certificate works with, across all orders placed for it in a run. */
export interface Proving {
  /** Name in the store. */
  readonly certificate: string;
  readonly client: AcmeClient;
  /** In order of preference. */
  readonly solvers: readonly Solver[];
  /** By ordered name: labels of the solvers that failed for it in this run. */
  readonly failed: Map<string, ReadonlySet<string>>;
  readonly world: World;
}

/** A task with the authorization and solver it belongs to. */
export interface Attempt {
  readonly authorization: Authorization;
  readonly solver: Solver;
  readonly task: Task;
}

/** The next attempt for a name, or its failure where nothing is left that could prove it. */
export function nextAttempt(authorization: Authorization, proving: Proving): Attempt | NameFailure {
  const { identifier, wildcard } = authorization;
  const choice = choiceFor(authorization, proving);
  const solver = selectSolver(choice, proving.solvers);
  if (solver === undefined) {
    const name = orderedIdentifier(authorization).value;
    const why = explainSelection(choice, proving.solvers);
    const error = new CertwrightError("CHALLENGE_NOT_OFFERED", `no configured way to prove ${name} (${why})`, {
      hint: "Wildcards need --dns; IP addresses need --http or --tls-alpn.",
    });
    return { identifier, wildcard, challenge: undefined, solver: undefined, refusedByCa: false, error };
  }
  if (solver.automatic !== true) {
    proving.world.emit({
      type: "challenge.chosen",
      certificate: proving.certificate,
      identifier: orderedIdentifier(authorization),
      challenge: solver.type,
      solver: solver.label,
    });
  }
  return { authorization, solver, task: taskFor(authorization, solver.type, proving.client) };
}

/** Notes that an attempt failed, so that it is not made again in this run; says whether another way is left. */
export function giveUp(
  { authorization, solver }: Attempt,
  error: Error,
  { certificate, failed, solvers, world }: Proving,
): boolean {
  const identifier = orderedIdentifier(authorization);
  failed.set(identifier.value, new Set([...(failed.get(identifier.value) ?? []), solver.label]));
  const next = selectSolver(choiceFor(authorization, { failed }), solvers);
  const refused = error instanceof AcmeProblem;
  if (solver.automatic === true && next !== undefined && !refused) return true;
  const code = "code" in error && typeof error.code === "string" ? error.code : "CHALLENGE_FAILED";
  world.emit({
    type: "challenge.failed",
    certificate,
    identifier,
    challenge: solver.type,
    solver: labelFor(solver, error),
    code,
    message: error.message,
    ...(next === undefined ? {} : { next: next.label }),
  });
  return next !== undefined;
}

/** An attempt as a failure of its name. */
export function failureOf({ authorization, solver }: Attempt, error: Error, refusedByCa: boolean): NameFailure {
  const { identifier, wildcard } = authorization;
  return { identifier, wildcard, challenge: solver.type, solver: labelFor(solver, error), refusedByCa, error };
}

/** A solver over several provider instances is told as the one that failed. */
function labelFor({ type, label }: Solver, error: Error): string {
  return "instance" in error && typeof error.instance === "string" ? `${type} (${error.instance})` : label;
}

function choiceFor(authorization: Authorization, { failed }: Pick<Proving, "failed">): Choice {
  const { identifier, wildcard, challenges } = authorization;
  const offered = challenges.map(({ type }) => type);
  return { identifier, wildcard, offered, failed: failed.get(orderedIdentifier(authorization).value) ?? new Set() };
}

function taskFor(authorization: Authorization, type: ChallengeType, client: AcmeClient): Task {
  const challenge = authorization.challenges.find((offered) => offered.type === type);
  const { token = "", issuerDomainNames } = challenge ?? {};
  return {
    id: authorization.url,
    type,
    identifier: authorization.identifier,
    wildcard: authorization.wildcard,
    token,
    keyAuthorization: token === "" ? "" : keyAuthorization(token, client.thumbprint),
    accountUrl: client.accountUrl ?? "",
    ...(issuerDomainNames === undefined ? {} : { issuerDomainNames }),
  };
}
