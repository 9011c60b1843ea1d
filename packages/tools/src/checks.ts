import { existsSync } from "node:fs";
import { join } from "node:path";
import { findBreaches } from "./layers.ts";
import { RunError, run } from "./servers/run.ts";
import { readPackages, readSources, workspaceRoot } from "./workspace.ts";

const bin = (name: string) => join(workspaceRoot, "node_modules/.bin", name);
const sync = join(workspaceRoot, "packages/tools/src/sync.ts");
const steps: Readonly<Record<string, () => Promise<unknown>>> = {
  "format and lint": () => runHere(bin("biome"), ["ci", "--colors=off", "--max-diagnostics=200", "."]),
  layers: async () => {
    const packages = await readPackages();
    const breaches = findBreaches(await readSources(packages), packages);
    if (breaches.length > 0) throw new RunError("layers", breaches.join("\n"), false);
  },
  types: () => runHere(bin("tsc"), ["--project", "."]),
  ...(existsSync(sync) && { "generated files": () => runHere(process.execPath, [sync, "--check"]) }),
};

/** Runs every check, prints its outcome (and its output when it fails), and says how many went which way. */
export async function runChecks(): Promise<{ passed: number; failed: number }> {
  const counts = { passed: 0, failed: 0 };
  for (const [name, step] of Object.entries(steps)) {
    try {
      await step();
      counts.passed++;
      console.log(`${name}: ok`);
    } catch (error) {
      if (!(error instanceof RunError)) throw error;
      counts.failed++;
      console.log(`${error.output.trimEnd() || error.message}\n${name}: FAILED`);
    }
  }
  return counts;
}

function runHere(command: string, args: readonly string[]): Promise<string> {
  return run(command, args, { cwd: workspaceRoot, timeoutMs: 300_000 });
}
