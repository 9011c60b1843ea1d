import { CertwrightError, isCertwrightError } from "@certwright/provider";
import { type ChallengeType, type Identifier, orderedIdentifier } from "../identifier.ts";

/** Why one name of an order could not be proved. */
export interface NameFailure {
  readonly identifier: Identifier;
  readonly wildcard: boolean;
  readonly challenge: ChallengeType | undefined;
  /** The solver's label, or undefined when none could even be tried. */
  readonly solver: string | undefined;
  /** True when the CA itself looked and refused; then the order is spent. */
  readonly refusedByCa: boolean;
  readonly error: Error;
}

/**
 * Some names of an order were not proved: each is named, with the reason the CA or the solver gave. Where one reason kept the
 * CA from being asked about any of them, the error has its code.
 */
export class ChallengeError extends CertwrightError {
  override readonly name: string = "ChallengeError";
  readonly failures: readonly NameFailure[];

  constructor(failures: readonly NameFailure[]) {
    const [first] = failures;
    super(codeOf(failures), describe(failures), {
      hint: hintOf(first?.error) ?? "Mend what the CA or the provider says of these names and run again.",
      ...(first === undefined ? {} : { cause: first.error }),
      retryable: failures.every(({ error }) => "retryable" in error && error.retryable === true),
    });
    this.failures = failures;
  }
}

function codeOf(failures: readonly NameFailure[]): string {
  const codes = failures.map(({ error, refusedByCa }) => {
    return isCertwrightError(error) && !refusedByCa ? error.code : "CHALLENGE_FAILED";
  });
  const [code = "CHALLENGE_FAILED", ...others] = new Set(codes);
  return others.length === 0 ? code : "CHALLENGE_FAILED";
}

/** Names that failed alike are told together: a hundred of them have one credential. */
function describe(failures: readonly NameFailure[]): string {
  const alike = Map.groupBy(failures, ({ solver, error }) => JSON.stringify([solver, error.message]));
  const lines = [...alike.values()].map((group) => {
    const [{ solver, error } = { solver: undefined, error: new Error("no reason") }] = group;
    const by = solver === undefined ? "" : ` by ${solver}`;
    return `${namesOf(group)}${by}: ${error.message}`;
  });
  return lines.length === 1
    ? `could not prove ${lines[0]}`
    : `could not prove ${failures.length} names: ${lines.join("; ")}`;
}

/** Names written out of those that failed alike. */
const mostNames = 5;

function namesOf(failures: readonly NameFailure[]): string {
  const names = failures.slice(0, mostNames).map((failure) => orderedIdentifier(failure).value);
  const others = failures.length - names.length;
  return others === 0 ? names.join(", ") : `${names.join(", ")} and ${others} more`;
}

function hintOf(error: Error | undefined): string | undefined {
  return error !== undefined && "hint" in error && typeof error.hint === "string" ? error.hint : undefined;
}
