import { CertwrightError } from "@certwright/provider";
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

/** Some names of an order were not proved: each is named, with the reason the CA or the solver gave. */
export class ChallengeError extends CertwrightError {
  override readonly name: string = "ChallengeError";
  readonly failures: readonly NameFailure[];

  constructor(failures: readonly NameFailure[]) {
    const [first] = failures;
    super("CHALLENGE_FAILED", describe(failures), {
      hint: hintOf(first?.error) ?? "Mend what the CA or the provider says of these names and run again.",
      ...(first === undefined ? {} : { cause: first.error }),
      retryable: failures.every(({ error }) => "retryable" in error && error.retryable === true),
    });
    this.failures = failures;
  }
}

function describe(failures: readonly NameFailure[]): string {
  const lines = failures.map((failure) => {
    const { solver, error } = failure;
    return `${orderedIdentifier(failure).value}${solver === undefined ? "" : ` by ${solver}`}: ${error.message}`;
  });
  return lines.length === 1
    ? `could not prove ${lines[0]}`
    : `could not prove ${lines.length} names: ${lines.join("; ")}`;
}

function hintOf(error: Error | undefined): string | undefined {
  return error !== undefined && "hint" in error && typeof error.hint === "string" ? error.hint : undefined;
}
