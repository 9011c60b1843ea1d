import type { ChallengeType, Identifier } from "../identifier.ts";
import type { Effect } from "../store/effects.ts";

/** One challenge to meet: everything a solver may know of it. */
export interface Task {
  /** Distinguishes the tasks of one order; opaque. */
  readonly id: string;
  readonly type: ChallengeType;
  /** Without `*.`, as in the authorization (RFC 8555 section 7.1.4). */
  readonly identifier: Identifier;
  readonly wildcard: boolean;
  /** Grammar-checked base64url (RFC 8555 section 8.1); empty for challenge types that have none. */
  readonly token: string;
  readonly keyAuthorization: string;
  /** The account's URL, which dns-account-01 and dns-persist-01 need. */
  readonly accountUrl: string;
  /** dns-persist-01: the names by which a record may call the CA. */
  readonly issuerDomainNames?: readonly string[];
}

/** A task that cannot be met this way; another solver may still meet it. */
export interface TaskFailure {
  readonly task: Task;
  readonly error: Error;
}

/** What `wait` says of one task. */
export type TaskOutcome = { readonly task: Task; readonly ready: true } | (TaskFailure & { readonly ready: false });

/**
 * Meets challenges of one type. Built-in solvers and a stranger's have the same rank.
 *
 * The host calls `present` once with all tasks of an order (of a round, if `rounds` splits them), then `wait`, answers
 * each challenge as it becomes ready, and in every case `cleanUp` with the same tasks.
 */
export interface Solver {
  readonly type: ChallengeType;
  /** For people and events: `dns-01 (cloudflare)`. */
  readonly label: string;
  /** Nobody asked for it: that it cannot meet a challenge is no news. Default: false. */
  readonly automatic?: boolean;
  /** Whether it can meet a challenge for this identifier at all. MUST NOT make requests. */
  solves(identifier: Identifier, wildcard: boolean): boolean;
  /** Splits tasks that cannot be presented at the same time. Left out: all at once. */
  rounds?(tasks: readonly Task[]): readonly (readonly Task[])[];
  /**
   * Makes every answer findable. MUST write down each outside effect before it is made. One bad task MUST NOT keep the
   * others from being presented: it is returned. Throws only when nothing could be done for any task.
   */
  present(tasks: readonly Task[], signal: AbortSignal): Promise<readonly TaskFailure[]>;
  /** Yields each presented task once, as soon as the CA can be asked. Left out: ready at once. */
  wait?(tasks: readonly Task[], signal: AbortSignal): AsyncIterable<TaskOutcome>;
  /** Undoes what `present` did for these tasks. MUST succeed where there is nothing to undo. `signal` is a fresh one with a deadline. */
  cleanUp(tasks: readonly Task[], signal: AbortSignal): Promise<void>;
  /** Undoes an effect that an earlier run wrote down and did not undo; false for one that is not this solver's. */
  undo?(effect: Effect, signal: AbortSignal): Promise<boolean>;
}
