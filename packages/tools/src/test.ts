/**
 * `npm test [-- filters and options]`: units, then the end-to-end tests against real servers. Filters are parts of paths;
 * options are vitest's own, such as `-t "part of a name"`.
 * The last line is `N passed, N failed, N skipped`; the exit code is 1 when anything failed.
 *
 * Where the real servers cannot be had, the end-to-end tests are skipped and it is said what is missing.
 * In CI (`CI` set) that is a failure instead, and everything `npm run check` checks comes first and is counted too.
 */
import { fileURLToPath } from "node:url";
import { createVitest, parseCLI, type TestModule, type Vitest } from "vitest/node";
import { runChecks } from "./checks.ts";
import { ensureServers, type ServerGroupName, ServersUnavailableError, serverGroups } from "./servers/index.ts";

interface Tally {
  passed: number;
  failed: number;
  skipped: number;
}

const { filter: filters, options } = parseCLI(["vitest", ...process.argv.slice(2)]);
const inCi = ["1", "true"].includes(process.env.CI ?? "");
const tally: Tally = { passed: 0, failed: 0, skipped: 0, ...(inCi && (await runChecks())) };
const missing = await missingServers();

const vitest = await open(missing ? ["unit"] : [options.project ?? ["unit", "e2e"]].flat(), "run");
await vitest.start(filters);
count(vitest, tally);
await vitest.close();

if (missing) {
  const skipped = await endToEndTests();
  console.error(`\n${missing}\nNot run for that reason: ${skipped} end-to-end tests.`);
  tally.skipped += skipped;
  if (inCi) {
    console.error("In CI that counts as a failure.");
    tally.failed += 1;
  }
}
process.exitCode = tally.failed > 0 ? 1 : 0;
console.log(`${tally.passed} passed, ${tally.failed} failed, ${tally.skipped} skipped`);

async function missingServers(): Promise<string | undefined> {
  const say = (line: string) => console.error(line);
  for (const group of Object.keys(serverGroups) as ServerGroupName[]) {
    try {
      await ensureServers(group, say);
    } catch (error) {
      if (error instanceof ServersUnavailableError) return error.message;
      throw error;
    }
  }
  return undefined;
}

function open(project: string[], mode: "run" | "list"): Promise<Vitest> {
  const config = fileURLToPath(new URL("../vitest.config.ts", import.meta.url));
  const quiet = mode === "list" ? { reporters: [] } : {};
  return createVitest({ ...options, config, project, watch: false, run: true, passWithNoTests: true, ...quiet });
}

function count({ state }: Vitest, into: Tally): void {
  for (const testModule of state.getTestModules()) {
    const before = into.failed;
    for (const test of testModule.children.allTests()) {
      const { state } = test.result();
      into[state === "pending" ? "failed" : state]++;
    }
    // A file that cannot be loaded, or a broken hook, fails without a failed test.
    if (testModule.state() === "failed" && into.failed === before) into.failed++;
  }
  into.failed += state.getUnhandledErrors().length;
}

async function endToEndTests(): Promise<number> {
  const listing = await open(["e2e"], "list");
  const { testModules } = await listing.collect(filters, { staticParse: false });
  const total = testModules.reduce((sum, each: TestModule) => sum + [...each.children.allTests()].length, 0);
  await listing.close();
  return total;
}
