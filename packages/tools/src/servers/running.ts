import { type ChildProcess, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { rm } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";

/** A server this process started. It ends with `stop()`, with `await using`, or with this process, whichever is first. */
export interface RunningServer extends AsyncDisposable {
  readonly pid: number;
  /** The server's work folder; removed by `stop()`. */
  readonly dir: string;
  /** What the server wrote so far on standard output and error (the last 8 MB). */
  logs(): string;
  /** Ends the server within a few seconds; harmless when it has ended already. */
  stop(): Promise<void>;
}

export interface StartOptions {
  readonly name: string;
  /** Program and arguments. */
  readonly command: readonly string[];
  readonly dir: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Asked every few milliseconds until it answers true; a throw means "not yet". */
  readonly ready: () => Promise<boolean>;
  /** Milliseconds to become ready; default 120 000. */
  readonly timeoutMs?: number;
}

const maxLog = 8 * 1024 * 1024;
const stopMs = 3_000;
const running = new Set<ChildProcess>();
let watchingExit = false;

/** Starts a server and waits until it is ready; when it does not become ready it is ended and its log is in the error. */
export async function startServer(options: StartOptions): Promise<RunningServer> {
  const { name, dir } = options;
  const [command = "", ...args] = dieWithParent(options.command);
  const child = spawn(command, args, {
    cwd: dir,
    // Own process group: a terminal's Ctrl-C reaches only us, and we end servers in our own order.
    detached: true,
    stdio: ["ignore", "pipe", "pipe"],
    env: { PATH: "/usr/sbin:/usr/bin:/sbin:/bin", LC_ALL: "C.UTF-8", HOME: dir, TMPDIR: dir, ...options.env },
  });
  let log = "";
  const keep = (text: string) => {
    log = (log + text).slice(-maxLog);
  };
  child.stdout.setEncoding("utf8").on("data", keep);
  child.stderr.setEncoding("utf8").on("data", keep);
  let ended: string | undefined;
  const end = new Promise<void>((resolve) => {
    child.once("error", (error) => {
      ended = error.message;
      resolve();
    });
    child.once("exit", (status, signal) => {
      ended = `ended with ${signal ?? `status ${status}`}`;
      signalGroup(child, "SIGKILL"); // its own children, should any be left; later the number may be another's
      running.delete(child);
      resolve();
    });
  });
  register(child);
  const stop = async () => {
    if (ended === undefined) {
      signalGroup(child, "SIGTERM");
      const killLater = setTimeout(() => signalGroup(child, "SIGKILL"), stopMs);
      await end;
      clearTimeout(killLater);
    }
    await rm(dir, { recursive: true, force: true });
  };
  const deadline = performance.now() + (options.timeoutMs ?? 120_000);
  while (!(await options.ready().catch(() => false))) {
    if (ended === undefined && performance.now() < deadline) {
      await Promise.race([end, sleep(15)]);
      continue;
    }
    const why = ended ?? "was not ready in time";
    await stop();
    throw new Error(`${name} ${why}:\n${log.slice(-4000)}`);
  }
  return { pid: child.pid ?? -1, dir, logs: () => log, stop, [Symbol.asyncDispose]: stop };
}

/** The kernel ends the server even when this process is killed and can do nothing any more. */
function dieWithParent(command: readonly string[]): readonly string[] {
  const setpriv = "/usr/bin/setpriv";
  return existsSync(setpriv) ? [setpriv, "--pdeathsig", "KILL", "--", ...command] : command;
}

function register(child: ChildProcess): void {
  running.add(child);
  if (watchingExit) return;
  watchingExit = true;
  process.once("exit", () => {
    for (const each of running) signalGroup(each, "SIGKILL");
  });
}

function signalGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}
