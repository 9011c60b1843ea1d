import { spawnSync } from "node:child_process";
import { mkdir, mkdtemp, readdir, rename, rm, symlink, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { pathBeside, removeLeftBeside } from "./beside.ts";

let dir = "";
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "cw-beside-"));
});
afterEach(() => rm(dir, { recursive: true, force: true }));

const ended = spawnSync(process.execPath, ["-e", ""]).pid;
const by = (pid: number, target: string) => basename(pathBeside(target)).replace(`-${process.pid}-`, `-${pid}-`);
/** By a process of another machine, or of another container. */
const elsewhere = (pid: number, target: string) =>
  by(pid, target).replace(/certwright-[0-9a-f]{8}/, "certwright-01234567");

async function written(name: string, secondsAgo: number): Promise<string> {
  await writeFile(join(dir, name), "x");
  const then = Date.now() / 1000 - secondsAgo;
  await utimes(join(dir, name), then, then);
  return name;
}

test("what a killed writer left is removed, and nothing else", async () => {
  await written(by(ended, "a.pem"), 0);
  await written(by(ended, "b.pem"), 2);
  await written(by(process.pid, "a.pem"), 3_700);
  await written(elsewhere(ended, "a.pem"), 3_700);
  const kept = [
    await written(by(process.pid, "a.pem"), 3_500),
    await written(elsewhere(ended, "a.pem"), 3_500),
    await written(`.a.pem.${ended}-0123456789ab.tmp`, 9_999),
    await written(by(ended, "a.pem").slice(1), 9_999),
    await written(`${by(ended, "a.pem")}.pem`, 9_999),
    await written("a.pem", 9_999),
  ];
  await mkdir(join(dir, by(ended, "folder")));
  await removeLeftBeside(join(dir, "a.pem"));
  const left = await readdir(dir);
  expect(left.filter((name) => !name.startsWith(".folder")).sort()).toEqual(kept.sort());
  expect(left).toHaveLength(kept.length + 1);
});

test("a file behind a link is written, and swept, where it is", async () => {
  await mkdir(join(dir, "real"));
  await writeFile(join(dir, "real/a.pem"), "x");
  await symlink("real/a.pem", join(dir, "a.pem"));
  await written(join("real", by(ended, "a.pem")), 2);
  await removeLeftBeside(join(dir, "a.pem"));
  expect(await readdir(join(dir, "real"))).toEqual(["a.pem"]);
});

test("a directory is looked through once; a missing one is no error", async () => {
  const swept = new Set<string>();
  await removeLeftBeside(join(dir, "a.pem"), swept);
  const later = await written(by(ended, "a.pem"), 2);
  await removeLeftBeside(join(dir, "b.pem"), swept);
  expect(await readdir(dir)).toEqual([later]);
  await expect(removeLeftBeside(join(dir, "absent", "a.pem"))).resolves.toBeUndefined();
});

test.each(["a".repeat(255), `${"ü".repeat(127)}a`, `a${"漢".repeat(84)}`, "🔑".repeat(63)])(
  "the longest name a file may have still has a place beside it: %s",
  async (name) => {
    await writeFile(join(dir, name), "old");
    const beside = pathBeside(join(dir, name));
    expect(beside).not.toContain("\ufffd");
    await writeFile(beside, "new");
    await rename(beside, join(dir, name));
    expect(await readdir(dir)).toEqual([name]);
  },
);
