import { nextTargetState, type TargetResult } from "@certwright/core";
import { type Store, type TargetState, updateFleetState } from "@certwright/core/store";

/** Milliseconds; no node is left alone for longer. What lies further ahead was noted while the clock was wrong. */
const longestPause = 3_600_000;

/** True when an attempt to bring the certificate of this fingerprint to a node is due. */
export function isDue(state: TargetState | undefined, fingerprint256: string, now: number): boolean {
  // A new certificate is a new reason to try, however often the one before failed.
  if (state === undefined || state.wanted !== fingerprint256) return true;
  if (state.accepted?.fingerprint256 === fingerprint256 && state.nextTry === undefined) return false;
  return state.nextTry === undefined || state.nextTry <= now || state.nextTry > now + longestPause;
}

/** A node's state after an attempt; what it had all along keeps its moment. */
export function stateAfter(
  before: TargetState | undefined,
  result: TargetResult,
  fingerprint256: string,
  now: number,
): TargetState {
  const next = nextTargetState(before, result, fingerprint256, now);
  const since = (seen: TargetState["accepted"]) => seen?.fingerprint256 === fingerprint256;
  return {
    ...next,
    ...(since(before?.accepted) && since(next.accepted) && before?.accepted ? { accepted: before.accepted } : {}),
    ...(since(before?.served) && since(next.served) && before?.served ? { served: before.served } : {}),
  };
}

/** Remembers what came of a push on many nodes. */
export interface FleetRecorder {
  record(certificate: string, fingerprint256: string, result: TargetResult): void;
  /** Forgets what is known of nodes that are none of the fleet. */
  forget(certificate: string): void;
  /** Writes what is not written yet. @throws StoreError of any write since it was opened */
  close(): Promise<void>;
}

const writesAtATime = 8;

/**
 * Opens a recorder. Results that come while a write is under way go together into the next, so that twenty nodes that
 * take one certificate cost a few writes and not twenty.
 *
 * @param nodes ids of the fleet's nodes of now; what is known of others is forgotten
 */
export function openRecorder(store: Store, fleet: string, nodes: readonly string[], now: () => number): FleetRecorder {
  const current = new Set(nodes);
  const pending = new Map<string, { fingerprint256: string; result: TargetResult; at: number }[]>();
  const failures: unknown[] = [];
  let working: Promise<void> | undefined;

  async function write(certificate: string): Promise<void> {
    const results = pending.get(certificate) ?? [];
    pending.delete(certificate);
    await updateFleetState(store, fleet, certificate, (states) => {
      const known = new Map(states.filter(({ target }) => current.has(target)).map((state) => [state.target, state]));
      for (const { fingerprint256, result, at } of results)
        known.set(result.target, stateAfter(known.get(result.target), result, fingerprint256, at));
      return nodes.flatMap((node) => known.get(node) ?? []);
    });
  }

  async function work(): Promise<void> {
    while (pending.size > 0 && failures.length === 0) {
      const batch = [...pending.keys()].slice(0, writesAtATime);
      const written = await Promise.allSettled(batch.map(write));
      failures.push(...written.flatMap((each) => (each.status === "rejected" ? [each.reason] : [])));
    }
    working = undefined;
  }

  function due(certificate: string) {
    const results = pending.get(certificate) ?? [];
    pending.set(certificate, results);
    // In the next turn, so that what comes in this one goes along.
    working ??= new Promise<void>((resolve) => setImmediate(resolve)).then(work);
    return results;
  }

  return {
    record: (certificate, fingerprint256, result) => void due(certificate).push({ fingerprint256, result, at: now() }),
    forget: (certificate) => void due(certificate),
    async close() {
      while (working !== undefined) await working;
      if (failures.length > 0) throw failures[0];
    },
  };
}
