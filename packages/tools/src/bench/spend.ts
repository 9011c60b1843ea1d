import { spawn } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { withTempDir } from "../servers/index.ts";
import type { Command } from "./measure.ts";

/** What one run of a whole process took: start to exit. */
export interface Spent {
  /** Seconds. */
  readonly wall: number;
  /** Seconds, all threads. */
  readonly user: number;
  readonly system: number;
  /** Megabytes resident at the most. */
  readonly peak: number;
}

const note = join(import.meta.dirname, "note-usage.cjs");

/** Runs a Node command and measures what it took. @throws when it does not end with 0 */
export async function spend({ argv: [program, ...args], env }: Command): Promise<Spent> {
  return await withTempDir(async (dir) => {
    const file = join(dir, "usage.json");
    const started = performance.now();
    const child = spawn(program, ["--require", note, ...args], {
      env: { ...process.env, ...env, BENCH_USAGE: file },
      stdio: ["ignore", "pipe", "pipe"],
    });
    let said = "";
    for (const stream of [child.stdout, child.stderr]) {
      stream.on("data", (chunk: Buffer) => {
        said = (said + chunk.toString("latin1")).slice(-2_000);
      });
    }
    const code = await new Promise<number | null>((resolve, reject) => {
      child.on("error", reject);
      child.on("close", resolve);
    });
    const wall = (performance.now() - started) / 1000;
    if (code !== 0) throw new Error(`${program} ${args.join(" ")} ended with ${code}: ${said}`);
    const usage = JSON.parse(await readFile(file, "utf8")) as NodeJS.ResourceUsage;
    const { userCPUTime, systemCPUTime, maxRSS } = usage;
    return { wall, user: userCPUTime / 1e6, system: systemCPUTime / 1e6, peak: maxRSS / 1024 };
  });
}
