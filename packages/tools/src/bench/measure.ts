import { spawn } from "node:child_process";

/** Wall milliseconds of several runs. */
export interface Sample {
  readonly min: number;
  readonly median: number;
  readonly max: number;
  readonly runs: number;
}

/** A program with its arguments and environment. */
export interface Command {
  readonly argv: readonly [string, ...string[]];
  readonly env?: Readonly<Record<string, string | undefined>>;
}

/** Runs a command as a whole process and measures it from start to exit. @throws when it does not end with 0 */
async function timeOnce({ argv: [program, ...args], env }: Command): Promise<number> {
  const started = performance.now();
  const child = spawn(program, args, { env: { ...process.env, ...env }, stdio: ["ignore", "ignore", "pipe"] });
  let stderr = "";
  child.stderr.on("data", (chunk: Buffer) => {
    stderr += chunk.toString();
  });
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", resolve);
  });
  if (code !== 0) throw new Error(`${program} ${args.join(" ")} ended with ${code}: ${stderr}`);
  return performance.now() - started;
}

/** One warm-up and then `runs` runs; `command` may differ from run to run. */
export async function measure(runs: number, command: (run: number) => Command): Promise<Sample> {
  await timeOnce(command(0));
  const times: number[] = [];
  for (let run = 1; run <= runs; run++) times.push(await timeOnce(command(run)));
  return summarize(times);
}

/** The figures to quote. */
export function summarize(times: readonly number[]): Sample {
  const sorted = times.toSorted((a, b) => a - b);
  const median = sorted[Math.floor(sorted.length / 2)] ?? 0;
  return { min: sorted[0] ?? 0, median, max: sorted.at(-1) ?? 0, runs: sorted.length };
}
