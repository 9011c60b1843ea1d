import { CertwrightError, isCertwrightError, printable } from "@certwright/provider";
import type { SecretRef } from "../spec.ts";
import type { ConfigErrorCode } from "./error-codes.ts";

/** The outside world as finding secrets needs it. */
export interface SecretSources {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Reads at most `limit` bytes and one more, so that larger files show. */
  readonly readFile: (path: string, limit: number) => Promise<SecretFile>;
  /** Runs a program without a shell, bounded in time. */
  readonly run: (argv: readonly [string, ...string[]]) => Promise<SecretOutput>;
  /** Told of secrets that others can read. */
  readonly warn: (warning: { readonly code: ConfigErrorCode; readonly message: string; readonly hint: string }) => void;
}

export interface SecretFile {
  readonly bytes: Uint8Array;
  /** Permission bits; undefined where the system has none. */
  readonly mode: number | undefined;
  /** Number of the user it belongs to. */
  readonly uid: number;
}

export interface SecretOutput {
  readonly exitCode: number;
  /** At most {@link largestSecret} bytes; `dropped` counts the others. */
  readonly stdout: Uint8Array;
  readonly dropped: number;
  readonly stderr: string;
}

/** Bytes; service accounts and keys in PEM fit in. */
export const largestSecret = 64 * 1024;

/**
 * The secret a reference refers to, without the line ends at its end. It is in no error, and in no log.
 *
 * @throws CertwrightError `CONFIG_SECRET_MISSING`, `CONFIG_SECRET_UNREADABLE`, `CONFIG_SECRET_TOO_LARGE`,
 * `CONFIG_SECRET_MALFORMED`, `CONFIG_SECRET_COMMAND`; an aborted run's reason
 */
export async function resolveSecret(ref: SecretRef, sources: SecretSources): Promise<string> {
  if ("env" in ref) return fromEnv(ref.env, sources);
  const [bytes, origin] =
    "file" in ref
      ? [await fromFile(ref.file, sources), `the file ${ref.file}`]
      : [await fromCommand(ref.command, sources), `the output of ${ref.command[0]}`];
  if (bytes.length > largestSecret) {
    throw failure("CONFIG_SECRET_TOO_LARGE", `${origin} is larger than ${largestSecret / 1024} KiB`, {
      hint: "Is it the right one? It should hold the secret and nothing else.",
    });
  }
  return clean(bytes, origin);
}

function fromEnv(name: string, { env }: SecretSources): string {
  const value = env[name];
  if (value !== undefined && value.trim() !== "") return clean(Buffer.from(value), `the variable ${name}`);
  throw failure("CONFIG_SECRET_MISSING", `the variable ${name} is ${value === undefined ? "not set" : "empty"}`, {
    hint: `Set ${name} in the environment of certwright; a systemd unit takes it from EnvironmentFile=.`,
  });
}

async function fromFile(path: string, { readFile, warn }: SecretSources): Promise<Uint8Array> {
  let file: SecretFile;
  try {
    file = await readFile(path, largestSecret);
  } catch (cause) {
    const code = cause instanceof Error && "code" in cause ? String(cause.code) : "";
    if (code === "ENOENT" || code === "ENOTDIR") {
      throw failure("CONFIG_SECRET_MISSING", `there is no file ${path}`, {
        hint: "Correct the path, or make the file.",
        cause,
      });
    }
    throw failure("CONFIG_SECRET_UNREADABLE", `${path} cannot be read${code === "" ? "" : ` (${code})`}`, {
      hint: "It must be a file that the user running certwright may read.",
      cause,
    });
  }
  if (file.mode !== undefined && (file.mode & 0o004) !== 0) {
    warn({
      code: "CONFIG_SECRET_OPEN",
      message: `every user of this machine can read the secret in ${path}`,
      hint: `Close it: chmod o= ${path}`,
    });
  }
  return file.bytes;
}

async function fromCommand(command: readonly [string, ...string[]], { run }: SecretSources): Promise<Uint8Array> {
  const [program] = command;
  let output: SecretOutput;
  try {
    output = await run(command);
  } catch (cause) {
    // Not ours to explain: the run was aborted.
    if (!isCertwrightError(cause)) throw cause;
    throw failure("CONFIG_SECRET_COMMAND", cause.message, {
      ...(cause.hint === undefined ? {} : { hint: cause.hint }),
      cause,
    });
  }
  if (output.exitCode !== 0) {
    const said = printable(output.stderr.trim().split("\n").at(-1) ?? "", 200);
    throw failure(
      "CONFIG_SECRET_COMMAND",
      `${program} ended with status ${output.exitCode}${said === "" ? "" : `: ${said}`}`,
      {
        hint: "Run it by hand as the same user; its environment is clean, so name files and servers in its arguments.",
      },
    );
  }
  if (output.dropped > 0) {
    throw failure("CONFIG_SECRET_TOO_LARGE", `the output of ${program} is larger than ${largestSecret / 1024} KiB`, {
      hint: "It should print the secret and nothing else.",
    });
  }
  return output.stdout;
}

function clean(bytes: Uint8Array, origin: string): string {
  let value: string;
  try {
    value = new TextDecoder("utf-8", { fatal: true }).decode(bytes).replace(/[\r\n]+$/, "");
  } catch {
    throw failure("CONFIG_SECRET_MALFORMED", `${origin} is not text`, { hint: "Secrets are read as UTF-8." });
  }
  if (value.trim() === "") {
    throw failure("CONFIG_SECRET_MISSING", `${origin} is empty`, { hint: "Put the secret there." });
  }
  if (value.includes("\0")) {
    throw failure("CONFIG_SECRET_MALFORMED", `${origin} holds a zero byte`, { hint: "Put the secret there as text." });
  }
  return value;
}

function failure(
  code: ConfigErrorCode,
  message: string,
  details: { readonly hint?: string; readonly cause?: unknown },
): CertwrightError {
  return new CertwrightError(code, message, details);
}
