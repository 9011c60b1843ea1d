import { type ChallengeType, type Identifier, orderedIdentifier } from "../identifier.ts";
import type { Solver } from "./solver.ts";

/** What there is to choose from for one name. */
export interface Choice {
  readonly identifier: Identifier;
  readonly wildcard: boolean;
  /** Challenge types the CA offers for it. */
  readonly offered: readonly ChallengeType[];
  /** Labels of solvers that failed for it already. */
  readonly failed: ReadonlySet<string>;
}

/** The first solver, in the order of preference, that can prove this name in a way the CA offers. */
export function selectSolver(choice: Choice, solvers: readonly Solver[]): Solver | undefined {
  return solvers.find((solver) => whyNot(choice, solver) === undefined);
}

/** Why each solver cannot prove this name: for the error when none can. */
export function explainSelection(choice: Choice, solvers: readonly Solver[]): string {
  if (solvers.length === 0) return "no way to prove names is configured";
  return solvers.map((solver) => `${solver.label}: ${whyNot(choice, solver) ?? "usable"}`).join("; ");
}

function whyNot(choice: Choice, solver: Solver): string | undefined {
  if (!choice.offered.includes(solver.type)) {
    return `the CA offers ${choice.offered.join(", ") || "nothing we know"} for ${orderedIdentifier(choice).value}`;
  }
  if (!solver.solves(choice.identifier, choice.wildcard)) {
    return choice.wildcard ? "it cannot prove wildcards" : `it cannot prove ${orderedIdentifier(choice).value}`;
  }
  return choice.failed.has(solver.label) ? "it failed already" : undefined;
}
