import { StoreError } from "@certwright/core/store";

/** The error for a service that did not answer, with the reason that fetch hides. */
export function unreachable(who: string, hint: string, cause: unknown): StoreError {
  const inner = cause instanceof Error && cause.cause instanceof Error ? cause.cause : cause;
  const why = inner instanceof Error ? inner.message : String(inner);
  return new StoreError("STORE_UNREACHABLE", `${who} cannot be reached: ${why}`, { hint, retryable: true, cause });
}
