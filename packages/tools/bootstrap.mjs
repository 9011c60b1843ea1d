// Runs one of the workspace's commands on the workspace's own Node, installing dependencies first when they are not
// what the lockfile says. Plain JavaScript for Node 18 and later: this is what runs before there is anything else.

import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { constants } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const pnpm = "pnpm@12.21.0";
const commands = [
  "demo",
  "test",
  "check",
  "build",
  "sync",
  "format",
  "bench",
  "simulate",
  "new-provider",
  "certwright",
];
const root = fileURLToPath(new URL("../..", import.meta.url));
const modules = join(root, "node_modules");
const stamp = join(modules, ".certwright-installed");
const lock = join(modules, ".certwright-installing");
const node = join(modules, "node/bin/node");

const [command = "", ...args] = process.argv.slice(2);
if (!commands.includes(command)) fail(`usage: bootstrap.mjs <${commands.join("|")}> [arguments]`, 2);
const wanted = manifestHash();
if (!isInstalled()) await install().catch((error) => fail(error.message, 1));
run(command === "certwright" ? "packages/cli/src/main.ts" : `packages/tools/src/${command}.ts`);

function isInstalled() {
  return read(stamp) === wanted && existsSync(node);
}

/** Identifies everything an install depends on: the lockfile and every manifest of the workspace. */
function manifestHash() {
  const files = ["pnpm-lock.yaml", "pnpm-workspace.yaml", "package.json"];
  for (const folder of ["packages", "providers"]) {
    for (const name of list(folder)) files.push(`${folder}/${name}/package.json`);
  }
  const hash = createHash("sha256").update(`${process.platform} ${process.arch} ${pnpm}`);
  for (const file of files) hash.update(`\n${file}\n`).update(read(join(root, file)));
  return hash.digest("hex");
}

async function install() {
  mkdirSync(modules, { recursive: true });
  await takeLock();
  try {
    if (isInstalled()) return; // another process did it while this one waited
    process.stderr.write("installing dependencies ...\n");
    const done = spawnSync("npx", ["--yes", pnpm, "install", "--frozen-lockfile"], {
      cwd: root,
      encoding: "utf8",
      timeout: 600_000,
      stdio: ["ignore", "pipe", "pipe"],
    });
    if (done.error?.code === "ENOENT") throw new Error("npx was not found: install npm (on Debian: apt install npm).");
    if (done.status !== 0) {
      process.stderr.write(`${done.stdout}${done.stderr}`);
      const why = done.error?.code === "ETIMEDOUT" ? "took longer than 10 minutes" : "failed";
      throw new Error(
        `Installing dependencies ${why}, see above. Either the npm registry cannot be reached, or a package.json was ` +
          `changed: then bring the lockfile up to date with "npx ${pnpm} install --no-frozen-lockfile".`,
      );
    }
    if (!existsSync(node)) throw new Error(`There is no Node for ${process.platform} ${process.arch} in ${modules}.`);
    writeFileSync(stamp, wanted);
  } finally {
    rmSync(lock, { force: true });
  }
}

/** One install at a time; a lock whose owner is gone is taken over. */
async function takeLock() {
  for (let waited = 0; waited < 600_000; waited += 200) {
    try {
      writeFileSync(lock, String(process.pid), { flag: "wx" });
      return;
    } catch (error) {
      if (error.code !== "EEXIST") throw error;
    }
    const owner = Number(read(lock));
    if (owner > 0 && !isRunning(owner) && Number(read(lock)) === owner) rmSync(lock, { force: true });
    else await new Promise((resolve) => setTimeout(resolve, 200));
  }
  throw new Error(`Another process has been installing dependencies for 10 minutes. If there is none, remove ${lock}.`);
}

function isRunning(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === "EPERM";
  }
}

function run(script) {
  const child = spawn(node, [join(root, script), ...args], { stdio: "inherit" });
  // A terminal sends Ctrl-C to both of us; the child decides what it means. The others reach only this process.
  process.on("SIGINT", () => {});
  for (const signal of ["SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal));
  child.on("error", (error) => fail(error.message, 1));
  child.on("exit", (status, signal) => process.exit(status ?? 128 + constants.signals[signal]));
}

function list(folder) {
  try {
    return readdirSync(join(root, folder)).sort();
  } catch {
    return [];
  }
}

function read(path) {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}

function fail(message, status) {
  process.stderr.write(`${message}\n`);
  process.exit(status);
}
