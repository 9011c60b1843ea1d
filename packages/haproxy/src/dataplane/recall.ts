import type { Candidate } from "../push/choose.ts";

/** What looks at single certificates of a node showed, by their names. */
export type Known = Map<string, Promise<Candidate | undefined>>;

/** What is known of the process of an id, as far as it is still worth anything. */
export type Recall = (pid: number) => Known;

const worth = 60_000;

/**
 * Keeps what was seen at a node for those that come soon after: who is to find his place by his names asks for each of its
 * certificates, and of a thousand that are renewed together each would ask for a thousand. It says no more than where to
 * look: whatever is found is looked at before it is replaced.
 */
export function keepKnown(now: () => number): Recall {
  let kept = { pid: 0, since: 0, known: new Map() as Known };
  return (pid) => {
    if (kept.pid !== pid || now() - kept.since >= worth) kept = { pid, since: now(), known: new Map() };
    return kept.known;
  };
}
