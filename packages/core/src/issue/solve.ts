import { CertwrightError } from "@certwright/provider";
import { type Authorization, deactivateAuthorization, getAuthorization } from "../acme/authorization.ts";
import { answerChallenge, keyAuthorization } from "../acme/challenge.ts";
import type { AcmeClient } from "../acme/client.ts";
import type { ChallengeType } from "../identifier.ts";
import type { World } from "../world.ts";
import { ChallengeError, type NameFailure } from "./challenge-error.ts";
import { explainSelection, selectSolver } from "./select.ts";
import type { Solver, Task } from "./solver.ts";

/** An authorization on its way: what it became, and what was tried. */
interface Proof {
  readonly authorization: Authorization;
  readonly failed: ReadonlySet<string>;
}

/** A task with the authorization and solver it belongs to. */
interface Attempt extends Proof {
  readonly solver: Solver;
  readonly task: Task;
}

/** What was answered at the CA, and how to take it back once the CA has looked. */
export interface Solved {
  readonly answered: readonly Attempt[];
  /** Undoes everything presented. Safe to call twice; never rejects. */
  readonly cleanUp: () => Promise<void>;
}

/** Milliseconds clean-up may take, whatever happened to the run. */
const cleanUpDeadline = 60_000;

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
      const attempts = choose(certificate, client, open, solvers, failures, world);
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

/** The identifier of an authorization as one string; a wildcard is not its base name. */
export function keyOf(authorization: Authorization): string {
  return `${authorization.wildcard ? "*." : ""}${authorization.identifier.value}`;
}

function isProved(certificate: string, authorization: Authorization, world: World): boolean {
  if (authorization.status !== "valid") return false;
  world.emit({ type: "authorization.valid", certificate, identifier: authorization.identifier, reused: true });
  return true;
}

/** One attempt for each open name; names nothing can prove go to `failures`. */
function choose(
  certificate: string,
  client: AcmeClient,
  open: readonly Proof[],
  solvers: readonly Solver[],
  failures: NameFailure[],
  world: World,
): readonly Attempt[] {
  return open.flatMap((proof) => {
    const { authorization } = proof;
    const { identifier, wildcard } = authorization;
    const choice = {
      identifier,
      wildcard,
      offered: authorization.challenges.map(({ type }) => type as ChallengeType),
      failed: proof.failed,
    };
    const solver = selectSolver(choice, solvers);
    if (solver === undefined) {
      // A name whose solvers all failed is in `failures` already, with the reason of the last one.
      if (!failures.some((failure) => failure.identifier.value === identifier.value && failure.wildcard === wildcard)) {
        const error = new CertwrightError(
          "CHALLENGE_NOT_OFFERED",
          `no configured way to prove ${keyOf(authorization)} (${explainSelection(choice, solvers)})`,
          {
            hint: "Wildcards need --dns; IP addresses need --http or --tls-alpn.",
          },
        );
        failures.push({ identifier, wildcard, challenge: undefined, solver: undefined, refusedByCa: false, error });
      }
      return [];
    }
    world.emit({ type: "challenge.chosen", certificate, identifier, challenge: solver.type, solver: solver.label });
    return [{ ...proof, solver, task: taskFor(client, authorization, solver.type) }];
  });
}

function taskFor(client: AcmeClient, authorization: Authorization, type: ChallengeType): Task {
  const token = authorization.challenges.find((challenge) => challenge.type === type)?.token ?? "";
  return {
    id: authorization.url,
    type,
    identifier: authorization.identifier,
    wildcard: authorization.wildcard,
    token,
    keyAuthorization: token === "" ? "" : keyAuthorization(token, client.thumbprint),
    accountUrl: client.accountUrl ?? "",
  };
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
  for (const { identifier } of waiting) {
    world.emit({ type: "challenge.presented", certificate, identifier, challenge: solver.type, solver: solver.label });
  }
  return waiting;
}

async function presentAll(
  solver: Solver,
  tasks: readonly Task[],
  signal: AbortSignal,
): Promise<readonly { task: Task; error: Error }[]> {
  try {
    return await solver.present(tasks, signal);
  } catch (cause) {
    signal.throwIfAborted();
    const error = cause instanceof Error ? cause : new Error(String(cause));
    return tasks.map((task) => ({ task, error }));
  }
}

async function* readiness(
  solver: Solver,
  tasks: readonly Task[],
  signal: AbortSignal,
): AsyncGenerator<{ task: Task; ready: true } | { task: Task; ready: false; error: Error }> {
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
    identifier: attempt.task.identifier,
    challenge: attempt.task.type,
  });
}

/** Notes that this solver failed for this name; returns it for another try when some other solver is left. */
function fallBack(
  certificate: string,
  attempt: Attempt,
  error: Error,
  failures: NameFailure[],
  solvers: readonly Solver[],
  world: World,
): readonly Proof[] {
  const { authorization, solver, task } = attempt;
  const failed = new Set([...attempt.failed, solver.label]);
  const offered = authorization.challenges.map(({ type }) => type as ChallengeType);
  const next = selectSolver({ identifier: task.identifier, wildcard: task.wildcard, offered, failed }, solvers);
  const code = "code" in error && typeof error.code === "string" ? error.code : "CHALLENGE_FAILED";
  world.emit({
    type: "challenge.failed",
    certificate,
    identifier: task.identifier,
    challenge: task.type,
    solver: solver.label,
    code,
    message: error.message,
    ...(next === undefined ? {} : { next: next.label }),
  });
  if (next !== undefined) return [{ authorization, failed }];
  failures.push({
    identifier: task.identifier,
    wildcard: task.wildcard,
    challenge: task.type,
    solver: solver.label,
    refusedByCa: false,
    error,
  });
  return [];
}

/** Waits until the CA has looked at one authorization, whatever it found. */
async function settled(client: AcmeClient, authorization: Authorization, world: World): Promise<void> {
  for (let delay = 250; ; delay = Math.min(delay * 2, 5_000)) {
    const now = await getAuthorization(client, authorization.url, { signal: world.signal });
    if (now.status !== "pending") return;
    await world.sleep(delay, world.signal);
  }
}

async function undo(presented: readonly Attempt[], world: World): Promise<void> {
  const groups = Map.groupBy(presented, ({ solver }) => solver);
  await Promise.all(
    [...groups].map(async ([solver, group]) => {
      try {
        await solver.cleanUp(
          group.map(({ task }) => task),
          AbortSignal.timeout(cleanUpDeadline),
        );
      } catch (error) {
        world.emit({
          type: "warning",
          code: "CLEAN_UP_FAILED",
          message: `${solver.label} could not undo everything: ${error instanceof Error ? error.message : String(error)}`,
          hint: "`certwright cleanup` tries again; the next run does too.",
        });
      }
    }),
  );
}

/** Pending authorizations of a failed order count against the account's limits until they expire. Best effort. */
async function deactivatePending(client: AcmeClient, authorizations: readonly Authorization[]): Promise<void> {
  const signal = AbortSignal.timeout(10_000);
  await Promise.allSettled(
    authorizations
      .filter(({ status }) => status === "pending")
      .map(({ url }) => deactivateAuthorization(client, url, { signal })),
  );
}
