import { type CertwrightError, isCertwrightError } from "@certwright/provider/errors";
import type { CliErrorCode } from "../error-codes.ts";
import { withFlags } from "./flag-hints.ts";

/** An error as it is shown: one line, what to do, and for --debug where it came from. */
export interface Explained {
  readonly code: string;
  readonly message: string;
  /** What the message sums up, one a line. */
  readonly details?: readonly string[];
  readonly hint?: string;
  /** Seconds. */
  readonly retryAfter?: number;
  /** The stack, and those of the causes. */
  readonly stack: readonly string[];
}

/** Any thrown value, explained. */
export function explain(error: unknown): Explained {
  const stack = stackOf(error);
  if (isCertwrightError(error)) return { ...explainOwn(error), stack };
  if (error instanceof AggregateError && error.errors.length > 0) {
    const first = explain(error.errors[0]);
    const others = error.errors.length - 1;
    return { ...first, message: others === 0 ? first.message : `${first.message} (and ${others} more)`, stack };
  }
  if (error instanceof Error && "syscall" in error && "code" in error) {
    return {
      ...coded("CLI_SYSTEM", error.message),
      hint: "Check the path, its owner and mode, and the free space there.",
      stack,
    };
  }
  return {
    ...coded("CLI_INTERNAL", error instanceof Error ? `${error.name}: ${error.message}` : String(error)),
    hint: "This is a fault in Certwright. Run again with --debug and report what it prints.",
    stack,
  };
}

function explainOwn(error: CertwrightError): Omit<Explained, "stack"> {
  const hint = withFlags(error.code, error.hint);
  // The faults of a configuration are told one a line, so that editors can jump to each.
  const [first = "", ...details] = error.code === "CONFIG_INVALID" ? error.message.split("\n") : [error.message];
  return {
    code: error.code,
    message: first,
    ...(details.length === 0 ? {} : { details }),
    ...(hint === undefined ? {} : { hint }),
    ...(error.retryAfter === undefined ? {} : { retryAfter: error.retryAfter }),
  };
}

function coded(code: CliErrorCode, message: string): Omit<Explained, "stack"> {
  return { code, message };
}

/** How many causes are followed. */
const deepest = 8;

function stackOf(error: unknown): readonly string[] {
  const lines: string[] = [];
  let current = error;
  for (let depth = 0; depth < deepest && current instanceof Error; depth++) {
    const [head, ...frames] = (current.stack ?? current.message).split("\n");
    lines.push(`${depth === 0 ? "" : "caused by "}${head ?? ""}`, ...frames);
    current = current.cause;
  }
  return lines;
}
