import type { SightingState } from "./sighting.ts";

/** What is known of one server when it is decided whether a value counts as visible. */
export interface Evidence {
  readonly state: SightingState;
  /** How often in a row the server was of no use. */
  readonly failures: number;
  /** When the first of these failures was, on the clock of the watch, in milliseconds. */
  readonly failingSince: number;
}

/** When a value counts as visible. */
export interface VisibilityRules {
  /** The part of the servers that answer which must show the value, above 0 and up to 1. Default: 1, all of them. */
  readonly quorum?: number | undefined;
  /** How often in a row a server must have been of no use before it is left out of account. Default: 3. */
  readonly failuresTolerated?: number | undefined;
  /** Milliseconds for which it must have been of no use. Default: 3000. */
  readonly patienceMs?: number | undefined;
}

const answering: ReadonlySet<SightingState> = new Set<SightingState>(["seen", "other", "absent", "alias"]);

/**
 * Whether a value counts as visible.
 *
 * A CA's resolvers ask whichever server they like, from several places, and fail the name on the first answer without
 * the value. So every server that answers must show it: one stale server out of four is waited for, by default
 * without limit but the deadline. A server that gives no usable answer (dead, lame, refusing, SERVFAIL) is different:
 * a resolver goes on to the next one. It is left out of account, but only after several failures over some seconds,
 * because a server that is just restarting may come back with old data. `no-route` is left out at once: it says that
 * this machine has no IPv6, and nothing about the server. At least one server must show the value.
 */
export function isVisible(evidence: readonly Evidence[], now: number, rules: VisibilityRules = {}): boolean {
  const { quorum = 1, failuresTolerated = 3, patienceMs = 3000 } = rules;
  const seen = evidence.filter(({ state }) => state === "seen").length;
  const heard = evidence.filter(({ state }) => answering.has(state)).length;
  const open = evidence.some(({ state, failures, failingSince }) => {
    if (answering.has(state) || state === "no-route") return false;
    return state === "asking" || failures < failuresTolerated || now - failingSince < patienceMs;
  });
  return !open && seen > 0 && seen >= quorum * heard;
}

/** True for a server that gave no usable answer. */
export function isFailure(state: SightingState): boolean {
  return state !== "asking" && !answering.has(state);
}

/** True where the server was not heard at all, so that asking it about more names now is a waste of time. */
export function isSilence(state: SightingState): boolean {
  return state === "timeout" || state === "unreachable" || state === "no-route";
}
