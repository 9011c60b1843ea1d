import { http01Resource, type Solver, type Task, type TaskOutcome, type World } from "@certwright/core";
import { inOrder } from "@certwright/core/store";
import { CertwrightError, messageOf } from "@certwright/provider";
import { type LookOptions, lookForAnswer, type Seen } from "./look.ts";

/** What looking for ourselves needs. */
export interface SelfCheckOptions extends Omit<LookOptions, "resolver"> {
  readonly world: Pick<World, "resolver" | "emit" | "sleep">;
}

/** Milliseconds until a wrong answer is looked at again: a web server may need a moment to see a file. */
const pauses = [200, 1_000];
/** Names looked at side by side. */
const atOnce = 16;

/**
 * The same solver, which looks for its own answer before the CA does. A wrong answer fails the name while no attempt at
 * the CA is spent; an address that cannot be reached from here is only told of, as the CA may well reach it.
 */
export function withSelfCheck(solver: Solver, options: SelfCheckOptions): Solver {
  return { ...solver, wait: (tasks, signal) => inOrder(tasks, (task) => check(task, options, signal), atOnce) };
}

async function check(task: Task, options: SelfCheckOptions, signal: AbortSignal): Promise<TaskOutcome> {
  const { emit, sleep, resolver } = options.world;
  const { path, body } = http01Resource(task.token, task.keyAuthorization);
  const url = `http://${task.identifier.value}${path}`;
  try {
    let seen: readonly Seen[] = [];
    for (const pause of [...pauses, undefined]) {
      seen = await lookForAnswer({ identifier: task.identifier, path, body }, { ...options, resolver }, signal);
      if (pause === undefined || seen.every(({ state }) => state !== "wrong")) break;
      await sleep(pause, signal);
    }
    const wrong = seen.filter(({ state }) => state === "wrong");
    if (wrong.length > 0) return { task, ready: false, error: wrongAnswer(url, wrong) };
    if (seen.every(({ state }) => state === "right") && seen.length > 0) return { task, ready: true };
    tell(seen.length === 0 ? "the name has no address" : list(seen.filter(({ state }) => state === "unknown")));
  } catch (error) {
    signal.throwIfAborted();
    tell(messageOf(error));
  }
  return { task, ready: true };

  function tell(why: string): void {
    emit({
      type: "warning",
      code: "HTTP_SELF_CHECK_UNKNOWN",
      message: `${url} could not be looked at from here: ${why}`,
      hint: "Nothing is wrong where only the CA can reach it, as behind address translation; else open port 80 to it.",
    });
  }
}

function wrongAnswer(url: string, wrong: readonly Seen[]): CertwrightError {
  return new CertwrightError("HTTP_SELF_CHECK_WRONG", `${url} is not answered as the CA expects: ${list(wrong)}`, {
    hint: "Check that the name leads to this machine, IPv6 (AAAA) too, and that what listens on port 80 there serves this path. --no-self-check asks the CA all the same.",
  });
}

function list(seen: readonly Seen[]): string {
  return seen.map(({ address, detail }) => `${address}: ${detail}`).join("; ");
}
