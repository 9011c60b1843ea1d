import { runProgram } from "@certwright/core/hooks";
import { messageOf } from "@certwright/provider/errors";
import type { CliContext } from "../context.ts";

/** Tells the service supervisor how it goes (sd_notify(3)); silent where there is none. */
export interface Supervisor {
  ready(status: string): Promise<void>;
  reloading(): Promise<void>;
  status(status: string): Promise<void>;
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
  let isBroken = false;
  const say = async (...assignments: readonly string[]): Promise<void> => {
    if (socket === undefined || socket === "" || isBroken) return;
    try {
      const { exitCode, stderr } = await runProgram(["systemd-notify", ...assignments], {
        env: { PATH: env.PATH ?? "/usr/bin:/bin", NOTIFY_SOCKET: socket },
        timeoutMs: longest,
        // Said while stopping, too.
        signal: new AbortController().signal,
      });
      if (exitCode !== 0) throw new Error(`systemd-notify ended with status ${exitCode}: ${stderr.toString().trim()}`);
    } catch (error) {
      isBroken = true;
      onFault(messageOf(error));
    }
  };
  const wanted = Number(env.WATCHDOG_USEC ?? "0") / 1000;
  return {
    ready: (status) => say("READY=1", `STATUS=${status}`),
    reloading: () => say("RELOADING=1", `MONOTONIC_USEC=${process.hrtime.bigint() / 1000n}`),
    status: (status) => say(`STATUS=${status}`),
    stopping: () => say("STOPPING=1"),
    watchdogEvery: socket !== undefined && wanted > 0 ? wanted / 2 : undefined,
    alive: () => say("WATCHDOG=1"),
  };
}

/** Gives the supervisor the signs of life it wants, until the function returned is called. */
export function beat({ watchdogEvery, alive }: Supervisor, every: CliContext["every"]): () => void {
  return watchdogEvery === undefined ? () => {} : every(watchdogEvery, () => void alive());
}
