import { randomBytes } from "node:crypto";
import { asError } from "@certwright/provider/errors";
import type { Identifier } from "../identifier.ts";
import type { Solver, Task } from "../issue/solver.ts";
import { type Finding, findingOf } from "./finding.ts";

/** What trying a way needs. */
export interface Trial {
  readonly thumbprint: string;
  readonly accountUrl: string;
  readonly signal: AbortSignal;
}

/** Milliseconds for undoing. */
const cleanUpDeadline = 60_000;
/** Names tried: what holds for some of a zone holds for all. */
const mostNames = 5;

/**
 * Goes all the way to where a CA would be asked: writes what the challenge needs, waits until it is seen, and removes it.
 * The very code that proves names does it, so what works here works then.
 */
export async function tryWay(
  solver: Solver,
  identifiers: readonly Identifier[],
  { thumbprint, accountUrl, signal }: Trial,
): Promise<readonly Finding[]> {
  const tasks = identifiers
    .map(({ type, value }) => ({ type, value: value.replace(/^\*\./, ""), wildcard: value.startsWith("*.") }))
    .filter(({ type, value, wildcard }) => solver.solves({ type, value }, wildcard))
    .slice(0, mostNames)
    .map(({ type, value, wildcard }, index): Task => {
      const token = randomBytes(32).toString("base64url");
      const identifier: Identifier = { type, value };
      const keyAuthorization = `${token}.${thumbprint}`;
      return { id: `trial ${index}`, type: solver.type, identifier, wildcard, token, keyAuthorization, accountUrl };
    });
  const rounds = solver.rounds?.(tasks) ?? [tasks];
  const findings: Finding[] = [];
  for (const round of rounds) findings.push(...(await tryRound(solver, round, signal)));
  return findings;
}

async function tryRound(solver: Solver, tasks: readonly Task[], signal: AbortSignal): Promise<readonly Finding[]> {
  const failed = (task: Task, error: Error): Finding => {
    const found = findingOf(error, "DOCTOR_WAY", task.identifier.value);
    return { ...found, message: `${solver.label}: ${found.message}` };
  };
  try {
    const failures = await solver.present(tasks, signal);
    const findings = failures.map(({ task, error }) => failed(task, error));
    const waiting = tasks.filter((task) => !failures.some((failure) => failure.task === task));
    for await (const outcome of solver.wait?.(waiting, signal) ?? []) {
      if (!outcome.ready) findings.push(failed(outcome.task, outcome.error));
    }
    return findings;
  } catch (cause) {
    signal.throwIfAborted();
    return tasks.slice(0, 1).map((task) => failed(task, asError(cause)));
  } finally {
    await solver.cleanUp(tasks, AbortSignal.timeout(cleanUpDeadline));
  }
}
