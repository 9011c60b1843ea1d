import { spawn } from "node:child_process";
import type { RunResult } from "@certwright/provider";

/** How a program is run. */
export interface ProgramOptions {
  /** Its whole environment. */
  readonly env: Readonly<Record<string, string>>;
  readonly stdin?: string;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

/** More of each stream is read and thrown away. */
const keptBytes = 64 * 1024;
/** Milliseconds a program has to end after being asked to. */
const graceMs = 2_000;

/**
 * Runs a program without a shell, in a process group of its own so that what it started ends with it.
 *
 * @throws the signal's reason; an Error where it cannot be started or takes too long
 */
export async function runProgram(argv: readonly [string, ...string[]], options: ProgramOptions): Promise<RunResult> {
  const { env, stdin = "", timeoutMs, signal } = options;
  signal.throwIfAborted();
  const [program, ...args] = argv;
  const child = spawn(program, args, { env, detached: true, stdio: ["pipe", "pipe", "pipe"] });
  const stdout = keep(child.stdout);
  const stderr = keep(child.stderr);
  // A program that reads nothing closes its end early; that is its right.
  child.stdin.on("error", () => {});
  child.stdin.end(stdin);

  const limit = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
  let killing: NodeJS.Timeout | undefined;
  const stop = () => {
    killGroup(child.pid, "SIGTERM");
    killing = setTimeout(() => killGroup(child.pid, "SIGKILL"), graceMs);
  };
  limit.addEventListener("abort", stop, { once: true });
  try {
    const exitCode = await new Promise<number>((resolve, reject) => {
      child.once("error", reject);
      child.once("close", (code) => resolve(code ?? 128));
    });
    signal.throwIfAborted();
    if (limit.aborted) throw new Error(`${program} did not end within ${timeoutMs / 1000} s`);
    return { exitCode, stdout: stdout(), stderr: stderr() };
  } finally {
    limit.removeEventListener("abort", stop);
    clearTimeout(killing);
  }
}

/** The variables programs need to find each other and their files, and nothing of ours. */
export function cleanEnvironment(env: Readonly<Record<string, string | undefined>>): Record<string, string> {
  const kept = ["PATH", "HOME", "USER", "LOGNAME", "LANG", "LC_ALL", "TZ", "TMPDIR"];
  return Object.fromEntries(kept.flatMap((name) => (env[name] === undefined ? [] : [[name, env[name]]])));
}

function keep(stream: NodeJS.ReadableStream): () => string {
  const chunks: Buffer[] = [];
  let size = 0;
  stream.on("data", (chunk: Buffer) => {
    if (size < keptBytes) chunks.push(chunk.subarray(0, keptBytes - size));
    size += chunk.length;
  });
  return () => Buffer.concat(chunks).toString("utf8");
}

function killGroup(pid: number | undefined, name: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, name);
  } catch {
    // It ended on its own in the meantime.
  }
}
