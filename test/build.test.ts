import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtempDisposable, readdir, readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { beforeAll, expect, test } from "vitest";

const root = fileURLToPath(new URL("..", import.meta.url));
const run = (...args: string[]) => promisify(execFile)(process.execPath, args, { cwd: root });

beforeAll(async () => {
  await run("packages/tools/src/build.ts");
});

test("every publishable package has the files its published manifest names", async () => {
  for (const folder of await publishable()) {
    const { main, exports } = (await manifest(folder)).publishConfig;
    const files = [main, ...Object.values(exports["."] as Record<string, string>)].filter(Boolean);
    expect(
      files.filter((file) => !existsSync(join(root, folder, file))),
      folder,
    ).toEqual([]);
  }
});

test("no test and no TypeScript source is in what is published", async () => {
  for (const folder of await publishable()) {
    const files = await readdir(join(root, folder, "dist"), { recursive: true });
    expect(files.filter((file) => /\.test\.|(?<!\.d)\.ts$/.test(file))).toEqual([]);
  }
});

test("the built command runs", async () => {
  const { version } = await manifest("packages/cli");
  expect((await run("packages/cli/dist/main.js", "--version")).stdout.trim()).toBe(version);
  expect((await run("packages/cli/dist/main.js", "--help")).stdout).toContain("Usage: certwright");
});

test("the built command lists what is in a directory without what a bucket needs, and has that, too", async () => {
  const list = await readFile(join(root, "packages/cli/dist/commands/list.js"), "utf8");
  expect(list).not.toContain("AWS4-HMAC-SHA256");
  expect(list).toContain("../later/s3-state.js");
  await using state = await mkdtempDisposable(join(tmpdir(), "certwright-"));
  const at = (place: string) => run("packages/cli/dist/main.js", "list", "--state", place);
  expect((await at(state.path)).stdout).toContain("no certificates yet");
  await expect(at("s3://acme-state/prod")).rejects.toMatchObject({
    code: 2,
    stderr: expect.stringContaining("certwright state key"),
  });
});

async function publishable(): Promise<string[]> {
  const folders: string[] = [];
  for (const parent of ["packages", "providers"]) {
    for (const name of await readdir(join(root, parent))) {
      const folder = `${parent}/${name}`;
      if (existsSync(join(root, folder, "package.json")) && !(await manifest(folder)).private) folders.push(folder);
    }
  }
  return folders;
}

async function manifest(folder: string) {
  return JSON.parse(await readFile(join(root, folder, "package.json"), "utf8"));
}
