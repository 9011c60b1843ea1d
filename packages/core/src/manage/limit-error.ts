import { CertwrightError } from "@certwright/provider";
import type { Slot } from "../store/slot.ts";

/** Why no order may be placed, and when one may be. */
export type Refusal = Extract<Slot, { allowed: false }>;

const codes: Record<Refusal["cause"], string> = {
  limit: "LIMIT_REACHED",
  "own-limit": "LIMIT_OWN",
  hold: "LIMIT_HOLD",
  paused: "LIMIT_PAUSED",
  backoff: "LIMIT_BACKOFF",
};

/** An order that the ledger refused before the CA would have: nothing was tried. */
export class LimitError extends CertwrightError {
  override readonly name: string = "LimitError";
  readonly refusal: Refusal;

  constructor(certificate: string, refusal: Refusal, now: number) {
    super(codes[refusal.cause], `${certificate} is not ordered now: ${refusal.reason}`, {
      hint: hintOf(refusal),
      retryAfter: Math.max(0, Math.ceil((refusal.at - now) / 1000)),
      // What it failed with before decides whether another CA may do better.
      ...(refusal.code === undefined ? {} : { cause: new CertwrightError(refusal.code, refusal.reason) }),
    });
    this.refusal = refusal;
  }
}

function hintOf({ at, cause, unpauseUrl }: Refusal): string {
  if (unpauseUrl !== undefined) return `Open ${unpauseUrl} to resume it.`;
  const next = `The next try is possible at ${new Date(at).toISOString()}.`;
  return cause === "limit" || cause === "hold" ? next : `${next} --force does not wait for it.`;
}
