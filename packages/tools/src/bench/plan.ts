import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Spent, spend } from "./spend.ts";
import { storeMany } from "./stored.ts";

const count = 100_000;
const runs = 5;

/** `plan` over 100,000 stored certificates, from the start of the process to its last line: of the store, and as a file names them. */
export async function benchPlan(certwright: readonly [string, ...string[]], dir: string): Promise<string> {
  const state = join(dir, "many");
  const names = await storeMany(state, count);
  const file = join(dir, "many.yaml");
  await writeFile(
    file,
    [
      `state: { location: ${state} }`,
      "cas: { bench: { url: https://ca.bench.test/directory } }",
      "providers: { rfc2136: { options: { nameserver: 192.0.2.53 } } }",
      "certificates:",
      ...names.map((name) => `  ${name}:`),
      "",
    ].join("\n"),
  );
  const stored = await several(() => spend({ argv: [...certwright, "plan", "--state", state] }));
  const named = await several(() => spend({ argv: [...certwright, "plan", "--config", file] }));
  return [
    `plan, ${count} certificates of the store: ${figures(stored)}`,
    `plan, ${count} certificates of a configuration: ${figures(named)}`,
  ].join("\n");
}

/** The quickest run after one that warms the caches: what other programs do meanwhile only ever adds. */
async function several(run: () => Promise<Spent>): Promise<Spent> {
  await run();
  const all: Spent[] = [];
  for (let each = 0; each < runs; each++) all.push(await run());
  const least = (of: keyof Spent): number => Math.min(...all.map((spent) => spent[of]));
  // Memory is the other way round: the most of all runs is what a machine must have.
  return {
    wall: least("wall"),
    user: least("user"),
    system: least("system"),
    peak: Math.max(...all.map(({ peak }) => peak)),
  };
}

function figures({ wall, user, system, peak }: Spent): string {
  return `${wall.toFixed(2)} s (CPU ${(user + system).toFixed(2)} s), at most ${peak.toFixed(0)} MB, best of ${runs} runs`;
}
