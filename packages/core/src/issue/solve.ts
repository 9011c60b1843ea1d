import { type Authorization, getAuthorization } from "../acme/authorization.ts";
import { answerChallenge } from "../acme/challenge.ts";
import type { AcmeClient } from "../acme/client.ts";
import { orderedIdentifier } from "../identifier.ts";
import type { World } from "../world.ts";
import { asError } from "./as-error.ts";
import { type Attempt, chooseSolvers, fallBack, keyOf, type Proof } from "./attempt.ts";
import { ChallengeError, type NameFailure } from "./challenge-error.ts";
import { cleanUpDeadline, deactivatePending, undo } from "./clean-up.ts";
import type { Solver, Task, TaskFailure, TaskOutcome } from "./solver.ts";

/** What was answered at the CA, and how to take it back once the CA has looked. */
export interface Solved {
  readonly answered: readonly Attempt[];
  /** Undoes everything presented. Safe to call twice; never rejects. */
  readonly cleanUp: () => Promise<void>;
}

/**
 * Presents and answers a challenge for every authorization that is still pending. A solver that fails before the CA was
 * asked is followed by the next one the CA offers for that name, within the same order.
 *
 * `failedBefore` holds, by identifier value, the labels of solvers that failed in an earlier order of this run.
 *
 * @throws ChallengeError naming every name nothing could prove; all that was presented has been undone by then, and the
 * authorizations left pending are deactivated (RFC 8555 section 7.5.2).
 */
export async function solve(
  certificate: string,
  client: AcmeClient,
  authorizations: readonly Authorization[],
  solvers: readonly Solver[],
  failedBefore: ReadonlyMap<string, ReadonlySet<string>>,
  world: World,
): Promise<Solved> {
  const presented: Attempt[] = [];
  const answered: Attempt[] = [];
  const failures: NameFailure[] = [];
  let cleaning: Promise<void> | undefined;
  const cleanUp = (): Promise<void> => {
    cleaning ??= undo(presented, world);
    return cleaning;
  };

  try {
    let open: readonly Proof[] = authorizations
      .filter((authorization) => !isProved(certificate, authorization, world))
      .map((authorization) => ({ authorization, failed: failedBefore.get(keyOf(authorization)) ?? new Set() }));
    while (open.length > 0) {
      const attempts = chooseSolvers(certificate, client, open, solvers, failures, world);
      const groups = Map.groupBy(attempts, ({ solver }) => solver);
      const retry = await Promise.all(
        [...groups].map(([solver, group]) =>
          solveGroup(certificate, client, solver, group, { presented, answered, failures }, solvers, world),
        ),
      );
      open = retry.flat();
    }
    if (failures.length > 0) throw new ChallengeError(failures);
    return { answered, cleanUp };
  } catch (error) {
    await cleanUp();
    await deactivatePending(client, authorizations);
    throw error;
  }
}

function isProved(certificate: string, authorization: Authorization, world: World): boolean {
  if (authorization.status !== "valid") return false;
  world.emit({ type: "authorization.valid", certificate, identifier: orderedIdentifier(authorization), reused: true });
  return true;
}

/** Presents and answers the tasks of one solver, round by round; returns the names another solver shall try. */
async function solveGroup(
  certificate: string,
  client: AcmeClient,
  solver: Solver,
  group: readonly Attempt[],
  ledger: { presented: Attempt[]; answered: Attempt[]; failures: NameFailure[] },
  solvers: readonly Solver[],
  world: World,
): Promise<readonly Proof[]> {
  const byTask = new Map(group.map((attempt) => [attempt.task.id, attempt]));
  const retry: Proof[] = [];
  const fail = (task: Task, error: Error): void => {
    const attempt = byTask.get(task.id);
    if (attempt !== undefined) retry.push(...fallBack(certificate, attempt, error, ledger.failures, solvers, world));
  };
  const rounds = solver.rounds?.(group.map(({ task }) => task)) ?? [group.map(({ task }) => task)];
  for (const [index, round] of rounds.entries()) {
    const attempts = round.flatMap((task) => byTask.get(task.id) ?? []);
    ledger.presented.push(...attempts);
    const waiting = await presentRound(certificate, solver, round, fail, world);
    for await (const outcome of readiness(solver, waiting, world.signal)) {
      if (!outcome.ready) {
        fail(outcome.task, outcome.error);
        continue;
      }
      const attempt = byTask.get(outcome.task.id);
      if (attempt === undefined) continue;
      await answer(certificate, client, attempt, world);
      ledger.answered.push(attempt);
    }
    if (index < rounds.length - 1) {
      // The next round overwrites what this one presented: the CA must have looked first.
      await Promise.all(
        attempts
          .filter((attempt) => ledger.answered.includes(attempt))
          .map(({ authorization }) => settled(client, authorization, world)),
      );
      await solver.cleanUp(round, AbortSignal.timeout(cleanUpDeadline));
    }
  }
  return retry;
}

async function presentRound(
  certificate: string,
  solver: Solver,
  round: readonly Task[],
  fail: (task: Task, error: Error) => void,
  world: World,
): Promise<readonly Task[]> {
  const failed = await presentAll(solver, round, world.signal);
  for (const { task, error } of failed) fail(task, error);
  const waiting = round.filter((task) => !failed.some((failure) => failure.task === task));
  for (const task of waiting) {
    world.emit({
      type: "challenge.presented",
      certificate,
      identifier: orderedIdentifier(task),
      challenge: solver.type,
      solver: solver.label,
    });
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
  if (solver.wait === undefined) {
    for (const task of tasks) yield { task, ready: true };
    return;
  }
  yield* solver.wait(tasks, signal);
}

async function answer(certificate: string, client: AcmeClient, attempt: Attempt, world: World): Promise<void> {
  const challenge = attempt.authorization.challenges.find(({ type }) => type === attempt.solver.type);
  if (challenge === undefined) return;
  await answerChallenge(client, challenge, { signal: world.signal });
  world.emit({
    type: "challenge.answered",
    certificate,
    identifier: orderedIdentifier(attempt.task),
    challenge: attempt.task.type,
  });
}

/** Waits until the CA has looked at one authorization, whatever it found. */
async function settled(client: AcmeClient, authorization: Authorization, world: World): Promise<void> {
  for (let delay = 250; ; delay = Math.min(delay * 2, 5_000)) {
    const now = await getAuthorization(client, authorization.url, { signal: world.signal });
    if (now.status !== "pending") return;
    await world.sleep(delay, world.signal);
  }
}
