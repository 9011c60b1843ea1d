import { execFile, execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { mkdir, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { readAhead } from "./read-ahead.ts";
import { temporaryFolder } from "./testing/temporary.ts";

/** What comes of each name in a folder: its text, or that it is left to whoever asked. */
async function readAll(
  folder: string,
  names: readonly string[],
): Promise<readonly (readonly [string, string | null])[]> {
  const all: (readonly [string, string | null])[] = [];
  for await (const files of readAhead(names, (name) => join(folder, name))) {
    for (const { item, bytes } of files) all.push([item, bytes === undefined ? null : Buffer.from(bytes).toString()]);
  }
  return all;
}

test("many files come in their order, each with its own bytes", async () => {
  await using folder = await temporaryFolder();
  const names = Array.from({ length: 1500 }, (_, index) => `file-${index}`);
  for (const [index, name] of names.entries()) writeFileSync(join(folder.path, name), "x".repeat(index));
  expect(await readAll(folder.path, names)).toEqual(names.map((name, index) => [name, "x".repeat(index)]));
  expect(await readAll(folder.path, [])).toEqual([]);
});

test("what is anything but a small plain file is left to whoever asked, and keeps no other from being read", async () => {
  await using folder = await temporaryFolder();
  const at = (name: string) => join(folder.path, name);
  await writeFile(at("first"), "1");
  await writeFile(at("empty"), "");
  await writeFile(at("large"), Buffer.alloc(1024 * 1024));
  await mkdir(at("folder"));
  await symlink("first", at("link"));
  execFileSync("mkfifo", [at("fifo")]);
  await writeFile(at("last"), "2");
  expect(await readAll(folder.path, ["first", "empty", "large", "folder", "link", "fifo", "none", "last"])).toEqual([
    ["first", "1"],
    ["empty", ""],
    ["large", null],
    ["folder", null],
    ["link", null],
    ["fifo", null],
    ["none", null],
    ["last", "2"],
  ]);
});

test("whoever stops taking leaves no thread behind", async () => {
  await using folder = await temporaryFolder();
  const names = Array.from({ length: 5000 }, (_, index) => `none-${index}`);
  const ports = () => process.getActiveResourcesInfo().filter((resource) => resource === "MessagePort").length;
  const before = ports();
  for await (const _ of readAhead(names, (name) => join(folder.path, name))) {
    expect(ports()).toBeGreaterThan(before);
    break;
  }
  expect(ports()).toBe(before);
});

test("where there may be no thread, all is left to whoever asked", async () => {
  await using folder = await temporaryFolder();
  await writeFile(join(folder.path, "file"), "x");
  const script = `
    import { readAhead } from ${JSON.stringify(new URL("read-ahead.ts", import.meta.url).href)};
    for await (const files of readAhead(["file"], (name) => ${JSON.stringify(`${folder.path}/`)} + name))
      console.log(JSON.stringify(files));
  `;
  const flags = ["--permission", "--allow-fs-read=*", "--input-type=module", "--eval", script];
  const { stdout } = await promisify(execFile)(process.execPath, flags);
  expect(stdout).toBe('[{"item":"file"}]\n');
});
