import { asError, CertwrightError } from "@certwright/provider";
import { type Authorization, getAuthorization } from "../acme/authorization.ts";
import { answerChallenge } from "../acme/challenge.ts";
import { orderedIdentifier } from "../identifier.ts";
import { type Attempt, failureOf, giveUp, nextAttempt, type Proving } from "./attempt.ts";
import { ChallengeError, type NameFailure } from "./challenge-error.ts";
import { cleanUpDeadline, deactivatePending, undo } from "./clean-up.ts";
import { allDone } from "./settle.ts";
import type { Solver, Task, TaskFailure, TaskOutcome } from "./solver.ts";

/** What was answered at the CA, and how to take it back once the CA has looked. */
export interface Solved {
  readonly answered: readonly Attempt[];
  /** Undoes everything presented. Safe to call twice; never rejects. */
  readonly cleanUp: () => Promise<void>;
}

/** What the attempts of one order came to so far. */
interface Progress {
  readonly presented: Attempt[];
  readonly answered: Attempt[];
  readonly failures: NameFailure[];
}

/**
 * Presents and answers a challenge for every authorization that is still pending. A solver that fails before the CA was
 * asked is followed by the next one the CA offers for that name, within the same order.
 *
 * @throws ChallengeError naming every name nothing could prove; all that was presented has been undone by then, and the
 * authorizations left pending are deactivated (RFC 8555 section 7.5.2).
 */
export async function solve(authorizations: readonly Authorization[], proving: Proving): Promise<Solved> {
  const progress: Progress = { presented: [], answered: [], failures: [] };
  let cleaning: Promise<void> | undefined;
  const cleanUp = (): Promise<void> => {
    cleaning ??= undo(progress.presented, proving.world);
    return cleaning;
  };

  try {
    let open = authorizations.filter((authorization) => !isProved(authorization, proving));
    while (open.length > 0) {
      const attempts = open.map((authorization) => nextAttempt(authorization, proving));
      progress.failures.push(...attempts.filter((attempt) => "error" in attempt));
      const groups = Map.groupBy(
        attempts.filter((attempt) => "task" in attempt),
        ({ solver }) => solver,
      );
      const retry = await allDone([...groups].map(([solver, group]) => solveGroup(solver, group, progress, proving)));
      open = retry.flat();
    }
    if (progress.failures.length > 0) throw new ChallengeError(progress.failures);
    return { answered: progress.answered, cleanUp };
  } catch (error) {
    await cleanUp();
    await deactivatePending(proving.client, authorizations);
    throw error;
  }
}

function isProved(authorization: Authorization, { certificate, world }: Proving): boolean {
  if (authorization.status !== "valid") return false;
  world.emit({ type: "authorization.valid", certificate, identifier: orderedIdentifier(authorization), reused: true });
  return true;
}

/** Presents and answers the tasks of one solver, round by round; returns the names another solver shall try. */
async function solveGroup(
  solver: Solver,
  group: readonly Attempt[],
  progress: Progress,
  proving: Proving,
): Promise<readonly Authorization[]> {
  const byTask = new Map(group.map((attempt) => [attempt.task, attempt]));
  const retry: Authorization[] = [];
  const fail = ({ task, error }: TaskFailure): void => {
    const attempt = byTask.get(task);
    if (attempt === undefined) return;
    if (giveUp(attempt, error, proving)) retry.push(attempt.authorization);
    else progress.failures.push(failureOf(attempt, error, false));
  };
  const tasks = [...byTask.keys()];
  const rounds = solver.rounds?.(tasks) ?? [tasks];
  for (const [index, round] of rounds.entries()) {
    const attempts = round.flatMap((task) => byTask.get(task) ?? []);
    progress.presented.push(...attempts);
    const waiting = await presentRound(solver, round, fail, proving);
    for await (const outcome of readiness(solver, waiting, proving.world.signal)) {
      const attempt = byTask.get(outcome.task);
      if (!outcome.ready) fail(outcome);
      else if (attempt !== undefined) {
        await answer(attempt, proving);
        progress.answered.push(attempt);
      }
    }
    if (index < rounds.length - 1) {
      // The next round overwrites what this one presented: the CA must have looked first.
      const asked = attempts.filter((attempt) => progress.answered.includes(attempt));
      await Promise.all(asked.map(({ authorization }) => settled(authorization, proving)));
      await solver.cleanUp(round, AbortSignal.timeout(cleanUpDeadline));
    }
  }
  return retry;
}

/** The tasks that were presented; the others are told to `fail`. */
async function presentRound(
  solver: Solver,
  round: readonly Task[],
  fail: (failure: TaskFailure) => void,
  { certificate, world }: Proving,
): Promise<readonly Task[]> {
  const failures = await presentAll(solver, round, world.signal);
  for (const failure of failures) fail(failure);
  const waiting = round.filter((task) => !failures.some((failure) => failure.task === task));
  for (const task of waiting) {
    const identifier = orderedIdentifier(task);
    world.emit({ type: "challenge.presented", certificate, identifier, challenge: solver.type, solver: solver.label });
  }
  return waiting;
}

async function presentAll(
  solver: Solver,
  tasks: readonly Task[],
  signal: AbortSignal,
): Promise<readonly TaskFailure[]> {
  try {
    return await solver.present(tasks, signal);
  } catch (cause) {
    signal.throwIfAborted();
    const error = asError(cause);
    return tasks.map((task) => ({ task, error }));
  }
}

async function* readiness(solver: Solver, tasks: readonly Task[], signal: AbortSignal): AsyncGenerator<TaskOutcome> {
  if (solver.wait !== undefined) yield* solver.wait(tasks, signal);
  else for (const task of tasks) yield { task, ready: true };
}

async function answer(
  { authorization, solver, task }: Attempt,
  { certificate, client, world }: Proving,
): Promise<void> {
  const challenge = authorization.challenges.find(({ type }) => type === solver.type);
  if (challenge === undefined) return;
  // A run that was stopped may have answered already: a CA that looks is not told again.
  if (challenge.status === "pending") await answerChallenge(client, challenge, { signal: world.signal });
  world.emit({ type: "challenge.answered", certificate, identifier: orderedIdentifier(task), challenge: task.type });
}

/** Milliseconds a CA has to look at an authorization before the next round. */
const patience = 300_000;

/** Waits until the CA has looked at one authorization, whatever it found. @throws CertwrightError `ACME_TIMEOUT` */
async function settled(authorization: Authorization, { client, world }: Proving): Promise<void> {
  for (let delay = 250, waited = 0; ; waited += delay, delay = Math.min(delay * 2, 5_000)) {
    const now = await getAuthorization(client, authorization.url, { signal: world.signal });
    if (now.status !== "pending") return;
    if (waited >= patience) throw unsettled(authorization);
    await world.sleep(delay, world.signal);
  }
}

function unsettled(authorization: Authorization): CertwrightError {
  const name = orderedIdentifier(authorization).value;
  return new CertwrightError("ACME_TIMEOUT", `The CA has not looked at ${name} after ${patience / 1000} s`, {
    retryable: true,
    hint: "Run again later.",
  });
}
