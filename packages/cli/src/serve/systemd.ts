import { runProgram } from "@certwright/core/hooks";
import { messageOf } from "@certwright/provider/errors";
import type { CliContext } from "../context.ts";

/** Tells the service supervisor how it goes (sd_notify(3)); silent where there is none. */
export interface Supervisor {
  ready(status: string): Promise<void>;
  reloading(): Promise<void>;
  stopping(): Promise<void>;
  /** Milliseconds between two signs of life it wants; undefined where it wants none. */
  readonly watchdogEvery: number | undefined;
  alive(): Promise<void>;
}

/** Milliseconds. */
const longest = 5_000;

/**
 * The supervisor of the environment. Node has no datagram sockets of the local kind, so the words go through the program
 * `systemd-notify`; its unit needs NotifyAccess=all.
 *
 * @param onFault told once where that does not work
 */
export function findSupervisor({ env }: Pick<CliContext, "env">, onFault: (message: string) => void): Supervisor {
  const socket = env.NOTIFY_SOCKET;
  let isFaultTold = false;
  let last: Promise<void> = Promise.resolve();
  const tell = async (assignments: readonly string[], to: string): Promise<void> => {
    try {
      const { exitCode, stderr } = await runProgram(["systemd-notify", ...assignments], {
        env: { PATH: env.PATH ?? "/usr/bin:/bin", NOTIFY_SOCKET: to },
        timeoutMs: longest,
        // Said while stopping, too.
        signal: new AbortController().signal,
      });
      if (exitCode !== 0) throw new Error(`systemd-notify ended with status ${exitCode}: ${stderr.toString().trim()}`);
    } catch (error) {
      // Of a busy machine this is true for once: who fell silent for ever would be ended by the watchdog.
      if (!isFaultTold) onFault(messageOf(error));
      isFaultTold = true;
    }
  };
  // One after the other: each is a program of its own, and "reloading" overtaken by "ready" would stand for ever.
  const say = (...assignments: readonly string[]): Promise<void> => {
    if (socket !== undefined && socket !== "") last = last.then(() => tell(assignments, socket));
    return last;
  };
  const wanted = Number(env.WATCHDOG_USEC ?? "0") / 1000;
  return {
    ready: (status) => say("READY=1", `STATUS=${status}`),
    reloading: () => say("RELOADING=1", `MONOTONIC_USEC=${process.hrtime.bigint() / 1000n}`),
    stopping: () => say("STOPPING=1"),
    // One of three may be lost.
    watchdogEvery: socket !== undefined && wanted > 0 ? wanted / 3 : undefined,
    alive: () => say("WATCHDOG=1"),
  };
}

/** Gives the supervisor the signs of life it wants, until the function returned is called. */
export function beat({ watchdogEvery, alive }: Supervisor, every: CliContext["every"]): () => void {
  if (watchdogEvery === undefined) return () => {};
  let isSaying = false;
  return every(watchdogEvery, () => {
    // Those that take longer than that do not pile up.
    if (isSaying) return;
    isSaying = true;
    void alive().then(() => {
      isSaying = false;
    });
  });
}
