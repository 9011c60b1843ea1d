import { firstOf, toldOf } from "@certwright/core/errors";
import { isCertwrightError } from "@certwright/provider/errors";
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
  const told = toldOf(error);
  const hint = withFlags(told.code, told.hint);
  const first = firstOf(error);
  const retryAfter = isCertwrightError(first) ? first.retryAfter : undefined;
  // The faults of a configuration are told one a line, so that editors can jump to each.
  const [message = "", ...details] = told.code === "CONFIG_INVALID" ? told.message.split("\n") : [told.message];
  return {
    code: told.code,
    message,
    ...(details.length === 0 ? {} : { details }),
    ...(hint === undefined ? {} : { hint }),
    ...(retryAfter === undefined ? {} : { retryAfter }),
    stack: stackOf(error),
  };
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
