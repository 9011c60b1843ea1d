import { spawn } from "node:child_process";

/** A program ended badly, was not found (`notFound`), or took too long. */
export class RunError extends Error {
  readonly notFound: boolean;
  /** The last lines the program wrote. */
  readonly output: string;

  constructor(message: string, output: string, notFound: boolean) {
    super(message);
    this.name = "RunError";
    this.output = output;
    this.notFound = notFound;
  }
}

export interface RunOptions {
  /** Replaces the environment; default: the caller's own. */
  readonly env?: NodeJS.ProcessEnv;
  readonly cwd?: string;
  /** Milliseconds until the program is killed; default 120 000. */
  readonly timeoutMs?: number;
  /** Called with each line as it is written, on either stream. */
  readonly onLine?: (line: string) => void;
}

const maxOutput = 1024 * 1024;

/** Runs a program to its end, without a shell, and returns what it wrote on standard output and error. */
export async function run(command: string, args: readonly string[], options: RunOptions = {}): Promise<string> {
  const { timeoutMs = 120_000, onLine } = options;
  const child = spawn(command, args, {
    stdio: ["ignore", "pipe", "pipe"],
    ...(options.env && { env: options.env }),
    ...(options.cwd !== undefined && { cwd: options.cwd }),
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    let rest = "";
    stream.setEncoding("utf8").on("data", (text: string) => {
      output = (output + text).slice(-maxOutput);
      const lines = (rest + text).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) onLine?.(line);
    });
  }
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    child.kill("SIGKILL");
  }, timeoutMs);
  try {
    await new Promise<void>((resolve, reject) => {
      child.once("error", (error: NodeJS.ErrnoException) =>
        reject(new RunError(`${command}: ${error.message}`, output, error.code === "ENOENT")),
      );
      child.once("close", (status, signal) => {
        if (status === 0) return resolve();
        const why = late ? `took longer than ${timeoutMs / 1000} s` : `ended with ${signal ?? `status ${status}`}`;
        reject(new RunError(`${command} ${why}`, output, false));
      });
    });
  } finally {
    clearTimeout(timer);
  }
  return output;
}
