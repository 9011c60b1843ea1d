import type { PropagationSpec } from "@certwright/core";
import { usageError } from "./errors.ts";

const grammar = /^(?:(?<fixed>fixed:)?(?<amount>\d{1,5})(?<unit>s|m)?|(?<off>off))$/;

/** Longer waits than this outlive any order. */
const longestSeconds = 86_400;

/**
 * Reads `--propagation`: `300` or `5m` looks for the value and gives up after that time, `fixed:60` waits so long without
 * looking, `off` does neither.
 *
 * @throws CertwrightError `CLI_USAGE`
 */
export function readPropagation(text: string): PropagationSpec {
  const groups = grammar.exec(text)?.groups;
  if (groups?.off !== undefined) return { mode: "off" };
  const seconds = Number(groups?.amount ?? Number.NaN) * (groups?.unit === "m" ? 60 : 1);
  if (groups === undefined || seconds > longestSeconds) {
    throw usageError(
      `--propagation cannot be ${JSON.stringify(text)}`,
      "Give seconds (300) or minutes (5m) to look for the value at most, fixed:60 to wait without looking, or off.",
    );
  }
  return { mode: groups.fixed === undefined ? "check" : "fixed", seconds };
}
