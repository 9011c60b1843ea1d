import { join } from "node:path";
import { isCertwrightError, printable } from "@certwright/provider";
import type { SecretRef } from "../spec.ts";
import { encodeContext, type HookContext } from "./context.ts";
import { cleanEnvironment } from "./environment.ts";
import { HookError } from "./hook-error.ts";
import { type HookFolder, makeHookFolder, writePrivate } from "./hook-folder.ts";
import { showableLines } from "./redact.ts";
import { findProgram, type ProgramOptions, type ProgramResult } from "./run-program.ts";
import { variablesOf } from "./variables.ts";

/** A program to run, as the configuration gives it. */
export interface Hook {
  readonly command: readonly [string, ...string[]];
  /** For messages. Default: the command. */
  readonly name?: string;
  /** Seconds. */
  readonly timeout: number;
  readonly env?: Readonly<Record<string, string | SecretRef>>;
  /** Names of variables handed on. */
  readonly passEnv?: readonly string[];
  readonly directory?: string;
}

/** The outside world as hooks need it. */
export interface HookWorld {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Where hooks run that name no directory. */
  readonly directory: string;
  /** Where short-lived files go. Default place: the system's directory for them. */
  readonly temporaryDirectory: string;
  readonly resolveSecret: (ref: SecretRef) => Promise<string>;
  /** `runProgram`, or what stands in for it. */
  readonly run: (argv: readonly [string, ...string[]], options: ProgramOptions) => Promise<ProgramResult>;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** How a hook is run. */
export interface HookRun {
  readonly signal: AbortSignal;
  /** Texts that its output must not show, such as the private key whose file it is told. */
  readonly secrets?: readonly string[];
  /** A directory that is there already, which the caller removes. */
  readonly folder?: HookFolder;
}

/** What a hook that succeeded did. */
export interface HookResult {
  /** The last lines it printed, standard error after standard output, without secrets. */
  readonly output: readonly string[];
  readonly milliseconds: number;
}

/** Lines of output shown. */
const mostLines = 20;

/** What a hook is called in messages. */
export function hookName({ name, command }: Pick<Hook, "name" | "command">): string {
  return printable(name ?? command.join(" "), 200);
}

/**
 * Runs one hook: no shell, a clean environment with the variables of its context, the context as JSON on standard input
 * and in a file, bounded in time and output, ended with its whole process group when it is late.
 *
 * @throws HookError `HOOK_FAILED`, `PROGRAM_NOT_FOUND`, `PROGRAM_NOT_EXECUTABLE`, `PROGRAM_TIMEOUT`, `PROGRAM_FAILED`; what
 * resolving its secrets throws; the signal's reason
 */
export async function runHook(hook: Hook, context: HookContext, world: HookWorld, run: HookRun): Promise<HookResult> {
  if (run.folder !== undefined) return await runIn(run.folder, hook, context, world, run);
  await using folder = await makeHookFolder(world.temporaryDirectory);
  return await runIn(folder, hook, context, world, run);
}

async function runIn(
  folder: HookFolder,
  hook: Hook,
  context: HookContext,
  world: HookWorld,
  { signal, secrets = [] }: HookRun,
): Promise<HookResult> {
  const started = world.now();
  const own = await resolveEnv(hook, world);
  const stdin = encodeContext(context);
  const contextFile = join(folder.path, "context.json");
  await writePrivate(contextFile, stdin);
  const env = { ...cleanEnvironment(world.env, hook.passEnv), ...own.env, ...variablesOf(context, contextFile) };
  const result = await start(hook, world, { env, stdin, signal });
  const hidden = [...secrets, ...own.secrets];
  const output = [result.stdout, result.stderr].flatMap((bytes) => showableLines(bytes, hidden)).slice(-mostLines);
  if (result.exitCode !== 0) throw failed(hookName(hook), result.exitCode, output);
  return { output, milliseconds: world.now() - started };
}

async function resolveEnv(
  { env = {} }: Hook,
  { resolveSecret }: HookWorld,
): Promise<{ readonly env: Readonly<Record<string, string>>; readonly secrets: readonly string[] }> {
  const entries = await Promise.all(
    Object.entries(env).map(async ([name, value]) => {
      const isSecret = typeof value !== "string";
      return { name, isSecret, text: isSecret ? await resolveSecret(value) : value };
    }),
  );
  return {
    env: Object.fromEntries(entries.map(({ name, text }) => [name, text])),
    secrets: entries.filter(({ isSecret }) => isSecret).map(({ text }) => text),
  };
}

async function start(
  hook: Hook,
  world: HookWorld,
  options: Pick<ProgramOptions, "env" | "stdin" | "signal">,
): Promise<ProgramResult> {
  const directory = hook.directory ?? world.directory;
  try {
    return await world.run(hook.command, { ...options, directory, timeoutMs: hook.timeout * 1000 });
  } catch (cause) {
    throw asHookError(hook, cause);
  }
}

/**
 * Where the program of a hook is; it is not run.
 *
 * @throws HookError `PROGRAM_NOT_FOUND`, `PROGRAM_NOT_EXECUTABLE`
 */
export async function findHook(hook: Hook, world: HookWorld): Promise<string> {
  const { PATH } = hook.env ?? {};
  const env = { ...cleanEnvironment(world.env, hook.passEnv), ...(typeof PATH === "string" ? { PATH } : {}) };
  try {
    return await findProgram(hook.command[0], { env, directory: hook.directory ?? world.directory });
  } catch (cause) {
    throw asHookError(hook, cause);
  }
}

function asHookError(hook: Hook, cause: unknown): unknown {
  if (!isCertwrightError(cause)) return cause;
  const { code, message, hint, retryable } = cause;
  const name = hookName(hook);
  return new HookError(code, `the hook ${name} failed: ${message}`, {
    hook: name,
    retryable,
    cause,
    ...(hint === undefined ? {} : { hint }),
  });
}

function failed(name: string, exitCode: number, output: readonly string[]): HookError {
  const last = output.at(-1);
  const said = last === undefined ? "" : `: ${last}`;
  return new HookError("HOOK_FAILED", `the hook ${name} ended with status ${exitCode}${said}`, {
    hook: name,
    exitCode,
    output,
    retryable: true,
    hint: "Run it by hand as the same user. Its environment is clean but for the variables hooks get, passEnv and env.",
  });
}
