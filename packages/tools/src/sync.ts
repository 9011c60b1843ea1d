/** `npm run sync`: writes everything that derives from the provider definitions; with `--check` says what is stale instead. */
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { derivedFiles } from "./sync-files.ts";
import { workspaceRoot } from "./workspace.ts";

const isCheck = process.argv.includes("--check");
const stale: string[] = [];
const { files, faults } = await derivedFiles(workspaceRoot);
for (const [path, text] of files) {
  const full = join(workspaceRoot, path);
  if ((await readFile(full, "utf8").catch(() => undefined)) === text) continue;
  stale.push(path);
  if (isCheck) continue;
  await mkdir(dirname(full), { recursive: true });
  await writeFile(full, text);
}
for (const fault of faults) console.error(fault);
if (faults.length > 0) process.exitCode = 1;
if (isCheck && stale.length > 0) {
  console.error(`stale, run "npm run sync":\n${stale.map((path) => `  ${path}`).join("\n")}`);
  process.exitCode = 1;
} else {
  for (const path of stale) console.log(`written: ${path}`);
  if (stale.some((path) => path.endsWith("package.json"))) {
    console.log("dependencies may have changed: npx pnpm install --no-frozen-lockfile");
  }
}
