import { execFile } from "node:child_process";
import type { RunResult } from "@certwright/provider";

/** Runs a program for live tests: no shell, nothing of our environment but the search path. */
export function runProgram(
  [program, ...args]: readonly [string, ...string[]],
  how: {
    readonly env: Readonly<Record<string, string>>;
    readonly stdin?: string;
    readonly timeoutMs: number;
    readonly signal: AbortSignal;
  },
): Promise<RunResult> {
  return new Promise((resolve, reject) => {
    const env = { PATH: "/usr/local/bin:/usr/bin:/bin", ...how.env };
    const options = { env, timeout: how.timeoutMs, signal: how.signal, maxBuffer: 64 * 1024 };
    const child = execFile(program, args, options, (error, stdout, stderr) => {
      if (error === null) resolve({ exitCode: 0, stdout, stderr });
      else if (typeof error.code === "number") resolve({ exitCode: error.code, stdout, stderr });
      else reject(error);
    });
    child.stdin?.on("error", () => undefined);
    child.stdin?.end(how.stdin ?? "");
  });
}
