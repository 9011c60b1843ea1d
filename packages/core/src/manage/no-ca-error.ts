import { CertwrightError, isCertwrightError } from "@certwright/provider";
import { LimitError, type Refusal } from "./limit-error.ts";

/** What one CA of several said, and when it is asked again. Milliseconds since 1970. */
export interface Denial {
  readonly directoryUrl: string;
  readonly error: Error;
  readonly at: number;
}

/** None of several CAs gives a certificate now. Has the code of what failed last, or else of what ends first. */
export class NoCaError extends CertwrightError {
  override readonly name: string = "NoCaError";
  /** When the first of them is asked again. Milliseconds since 1970. */
  readonly at: number;
  /** Where all were refused by their ledgers: the refusal that ends first. */
  readonly refusal: Refusal | undefined;

  constructor(denials: readonly Denial[], now: number) {
    const first = denials.reduce((a, b) => (b.at < a.at ? b : a));
    const failed = denials.findLast(({ error }) => !(error instanceof LimitError));
    const { error } = failed ?? first;
    const { code, hint, retryable } = isCertwrightError(error) ? error : { code: "INTERNAL", retryable: false };
    const again = `The first that is asked again is ${first.directoryUrl}, at ${new Date(first.at).toISOString()}.`;
    super(code, denials.map(({ directoryUrl, error: { message } }) => `${directoryUrl}: ${message}`).join("; "), {
      // The hint of a limit is when it ends, which may be later than that of another.
      hint: failed === undefined || hint === undefined ? again : `${hint} ${again}`,
      retryAfter: Math.max(0, Math.ceil((first.at - now) / 1000)),
      retryable,
      cause: error,
    });
    this.at = first.at;
    this.refusal = failed === undefined && first.error instanceof LimitError ? first.error.refusal : undefined;
  }
}
