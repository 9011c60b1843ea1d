import { type ChildProcess, type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { once } from "node:events";
import { access, constants, stat } from "node:fs/promises";
import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { CertwrightError } from "@certwright/provider";
import type { HookErrorCode } from "./error-codes.ts";
import { endGroup } from "./process-group.ts";
import { createTail } from "./tail.ts";

/** How a program is run. */
export interface ProgramOptions {
  /** Its whole environment. */
  readonly env: Readonly<Record<string, string>>;
  /** Default: our own working directory. */
  readonly directory?: string;
  /** Written to its standard input, which is then closed. Default: nothing. */
  readonly stdin?: string;
  readonly timeoutMs: number;
  /** Ends it, as the time limit does. */
  readonly signal: AbortSignal;
  /** Bytes kept of the end of each stream; more is read and thrown away. Default 64 KiB. */
  readonly keepBytes?: number;
  /** Milliseconds it has to end once asked to. Default 5 000. */
  readonly graceMs?: number;
}

/** What a program left behind. */
export interface ProgramResult {
  /** 128 and the number of the signal, as shells count, where one ended it. */
  readonly exitCode: number;
  readonly stdout: Buffer;
  readonly stderr: Buffer;
  /** Bytes of each stream that were not kept. */
  readonly dropped: { readonly stdout: number; readonly stderr: number };
}

/** Milliseconds to read what is left in the pipes when the program has ended but something it started holds them open. */
const drainMs = 500;
/** Milliseconds to wait for the end of a program that was killed. */
const stuckMs = 1_000;

/**
 * Runs a program without a shell, in a process group of its own, which ends with it when it is late or the run is aborted.
 * What a program that ended in time left running in the background is left alone; it has no output any more.
 *
 * @throws CertwrightError `PROGRAM_NOT_FOUND`, `PROGRAM_NOT_EXECUTABLE`, `PROGRAM_TIMEOUT`, `PROGRAM_FAILED`; the signal's
 * reason
 */
export async function runProgram(
  [program, ...args]: readonly [string, ...string[]],
  options: ProgramOptions,
): Promise<ProgramResult> {
  const { env, directory, stdin = "", timeoutMs, signal, keepBytes = 64 * 1024, graceMs = 5_000 } = options;
  signal.throwIfAborted();
  let child: ChildProcessWithoutNullStreams;
  try {
    child = spawn(program, args, {
      env: { ...env },
      detached: true,
      stdio: ["pipe", "pipe", "pipe"],
      ...(directory === undefined ? {} : { cwd: directory }),
    });
  } catch (error) {
    throw await notStarted(program, directory, error);
  }
  const stdout = createTail(keepBytes);
  const stderr = createTail(keepBytes);
  child.stdout.on("data", stdout.add);
  child.stderr.on("data", stderr.add);
  // A program that reads nothing closes its end early; that is its right.
  child.stdin.on("error", () => {});
  child.stdin.end(stdin);

  const limit = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
  const ended = Promise.withResolvers<undefined>();
  let ending: Promise<void> | undefined;
  const end = (): void => {
    if (child.pid === undefined) return;
    ending = endGroup(child.pid, graceMs);
    // The kernel cannot end what hangs in a device or a dead mount; we go on all the same.
    ending.then(() => sleep(stuckMs)).then(() => ended.resolve(undefined));
  };
  limit.addEventListener("abort", end, { once: true });
  try {
    const exitCode = await Promise.race([exitOf(child), ended.promise]);
    if (ending === undefined) await drained(child);
    await ending;
    signal.throwIfAborted();
    if (exitCode === undefined || ending !== undefined) throw late(program, timeoutMs);
    const dropped = { stdout: stdout.dropped(), stderr: stderr.dropped() };
    return { exitCode, stdout: stdout.bytes(), stderr: stderr.bytes(), dropped };
  } catch (error) {
    if (child.pid !== undefined) throw error;
    throw await notStarted(program, directory, error);
  } finally {
    limit.removeEventListener("abort", end);
    for (const stream of [child.stdin, child.stdout, child.stderr]) stream.destroy();
    child.unref();
  }
}

/**
 * Where a program is that would be run; it is not.
 *
 * @throws CertwrightError `PROGRAM_NOT_FOUND`, `PROGRAM_NOT_EXECUTABLE` as {@link runProgram}
 */
export async function findProgram(
  program: string,
  { env, directory = "." }: Pick<ProgramOptions, "env" | "directory">,
): Promise<string> {
  // What has a slash begins where the program runs, and so do relative folders of PATH.
  const folders = program.includes("/") ? [""] : (env.PATH ?? "").split(":");
  const refusals: NodeJS.ErrnoException[] = [];
  try {
    await access(directory);
    for (const folder of folders) {
      const path = resolve(directory, join(folder, program));
      const refusal = await access(path, constants.X_OK).catch((error: NodeJS.ErrnoException) => error);
      if (refusal instanceof Error) refusals.push(refusal);
      else if ((await stat(path)).isFile()) return path;
      else refusals.push(Object.assign(new Error("no file"), { code: "EACCES" }));
    }
  } catch (error) {
    throw await notStarted(program, directory, error);
  }
  const refusal = refusals.find(({ code }) => code === "EACCES") ?? refusals[0];
  throw await notStarted(program, directory, refusal);
}

async function exitOf(child: ChildProcess): Promise<number> {
  const [code, name] = (await once(child, "exit")) as [number | null, NodeJS.Signals | null];
  if (code !== null) return code;
  const { constants } = await import("node:os");
  return 128 + (name === null ? 0 : constants.signals[name]);
}

async function drained(child: ChildProcess): Promise<void> {
  const open = [child.stdout, child.stderr].filter((stream) => stream?.closed === false);
  const limit = AbortSignal.timeout(drainMs);
  // Late is no fault here.
  await Promise.all(
    open.map((stream) => once(stream as NodeJS.ReadableStream, "close", { signal: limit }).catch(() => {})),
  );
}

function late(program: string, timeoutMs: number): CertwrightError {
  return failure("PROGRAM_TIMEOUT", `${program} did not end within ${timeoutMs / 1000} s and was ended`, {
    hint: "Make it faster, let it leave slow work to another service, or allow it more time with timeout.",
    retryable: true,
  });
}

async function notStarted(program: string, directory: string | undefined, cause: unknown): Promise<CertwrightError> {
  const code = cause instanceof Error && "code" in cause ? String(cause.code) : "";
  if (directory !== undefined && (code === "ENOENT" || code === "ENOTDIR" || code === "EACCES")) {
    const isThere = await stat(directory)
      .then((stats) => stats.isDirectory())
      .catch(() => false);
    if (!isThere) {
      return failure("PROGRAM_NOT_FOUND", `there is no directory ${directory} to run ${program} in`, {
        hint: "Correct directory, or make it.",
        cause,
      });
    }
  }
  switch (code) {
    case "ENOENT":
    case "ENOTDIR":
      return failure(
        "PROGRAM_NOT_FOUND",
        `there is no program ${program}, or its first line names an interpreter that is not there`,
        {
          hint: program.includes("/") ? "Correct the path." : "Write its whole path, or put its directory on PATH.",
          cause,
        },
      );
    case "EACCES":
    case "EPERM":
      return failure("PROGRAM_NOT_EXECUTABLE", `${program} may not be run`, {
        hint: `Make it executable (chmod +x ${program}), and see that its file system is not mounted noexec.`,
        cause,
      });
    case "ENOEXEC":
      return failure("PROGRAM_NOT_EXECUTABLE", `${program} is no program`, {
        hint: "A script needs a first line such as #!/bin/sh.",
        cause,
      });
    default:
      return failure("PROGRAM_FAILED", `${program} could not be started${code === "" ? "" : ` (${code})`}`, {
        hint: "Look at the limits of processes, memory and argument length of this user.",
        cause,
        retryable: true,
      });
  }
}

function failure(
  code: HookErrorCode,
  message: string,
  details: ConstructorParameters<typeof CertwrightError>[2],
): CertwrightError {
  return new CertwrightError(code, message, details);
}
