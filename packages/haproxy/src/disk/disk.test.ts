import { writeFileSync } from "node:fs";
import {
  chmod,
  chown,
  lchown,
  lstat,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rm,
  stat,
  symlink,
  writeFile,
} from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { diskError, editFile, type ReplaceOptions, refuseUnwritable, replaceFiles } from "./disk.ts";

let dir = "";
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "cw-disk-"));
});
afterEach(() => rm(dir, { recursive: true, force: true }));

async function replaceFile(path: string, content: string, options?: ReplaceOptions) {
  const [replaced] = await replaceFiles([{ path, content }], options);
  if (replaced === undefined) throw new Error("nothing was replaced");
  return replaced;
}
const modeOf = async (path: string) => (await stat(path)).mode & 0o777;

test("a new file is 0600, or like its neighbour", async () => {
  const path = join(dir, "a.pem");
  expect((await replaceFile(path, "one")).changed).toBe(true);
  expect(await modeOf(path)).toBe(0o600);
  await chmod(path, 0o640);
  await replaceFile(join(dir, "b.pem"), "two", { like: path });
  expect(await modeOf(join(dir, "b.pem"))).toBe(0o640);
  await replaceFile(join(dir, "c.pem"), "three", { like: join(dir, "absent") });
  expect(await modeOf(join(dir, "c.pem"))).toBe(0o600);
});

test("a replaced file keeps its mode, and nothing else is left in the folder", async () => {
  const path = join(dir, "a.pem");
  await writeFile(path, "one", { mode: 0o640 });
  await replaceFile(path, "two");
  expect(await readFile(path, "utf8")).toBe("two");
  expect(await modeOf(path)).toBe(0o640);
  expect(await readdir(dir)).toEqual(["a.pem"]);
});

test("the same content is left alone", async () => {
  const path = join(dir, "a.pem");
  await writeFile(path, "one");
  const before = await stat(path);
  const replaced = await replaceFile(path, "one");
  expect(replaced.changed).toBe(false);
  await replaced.restore();
  expect((await stat(path)).ino).toBe(before.ino);
});

test("a symbolic link stays one", async () => {
  await mkdir(join(dir, "real"));
  await writeFile(join(dir, "real/a.pem"), "one");
  await symlink(join(dir, "real/a.pem"), join(dir, "a.pem"));
  const { isOurs } = await replaceFile(join(dir, "a.pem"), "two");
  expect((await lstat(join(dir, "a.pem"))).isSymbolicLink()).toBe(true);
  expect(await readFile(join(dir, "real/a.pem"), "utf8")).toBe("two");
  expect(await isOurs()).toBe(true);
});

test.runIf(process.getuid?.() === 0)("a symbolic link that another user made leads nowhere", async () => {
  await writeFile(join(dir, "victim"), "untouched");
  await symlink("victim", join(dir, "a.pem"));
  await lchown(join(dir, "a.pem"), 12_345, 12_345);
  for (const refused of [replaceFile(join(dir, "a.pem"), "two"), refuseUnwritable(join(dir, "a.pem"))]) {
    await expect(refused).rejects.toMatchObject({ code: "HAPROXY_LINK", hint: expect.any(String) });
  }
  expect(await readFile(join(dir, "victim"), "utf8")).toBe("untouched");
});

test.runIf(process.getuid?.() === 0)("a file keeps its owner; a new one is its directory's", async () => {
  await writeFile(join(dir, "a.pem"), "one");
  await chown(join(dir, "a.pem"), 12_345, 12_346);
  await replaceFile(join(dir, "a.pem"), "two");
  expect(await stat(join(dir, "a.pem"))).toMatchObject({ uid: 12_345, gid: 12_346 });
  await chown(dir, 12_347, 12_348);
  await replaceFile(join(dir, "b.pem"), "new");
  expect(await stat(join(dir, "b.pem"))).toMatchObject({ uid: 12_347, gid: 12_348 });
});

test("of two files neither is replaced where one cannot be", async () => {
  await writeFile(join(dir, "a.key"), "one");
  const files = [
    { path: join(dir, "a.key"), content: "two" },
    { path: join(dir, "absent/a.pem"), content: "two" },
  ];
  await expect(replaceFiles(files)).rejects.toMatchObject({ code: "HAPROXY_DIRECTORY_MISSING" });
  expect(await readFile(join(dir, "a.key"), "utf8")).toBe("one");
  expect(await readdir(dir)).toEqual(["a.key"]);
});

test("what somebody else writes into a file while it is changed stays", async () => {
  const path = join(dir, "list.txt");
  await writeFile(path, "first\n");
  let theirs = "theirs\n";
  const replaced = await editFile(path, (text = "") => {
    if (theirs !== "") writeFileSync(path, text + theirs);
    theirs = "";
    return `${text}ours\n`;
  });
  expect(replaced.changed).toBe(true);
  expect(await readFile(path, "utf8")).toBe("first\ntheirs\nours\n");
  expect(await readdir(dir)).toEqual(["list.txt"]);
});

describe("the way back", () => {
  test("brings the former content, or no file", async () => {
    const path = join(dir, "a.pem");
    await writeFile(path, "one", { mode: 0o640 });
    const replaced = await replaceFile(path, "two");
    const added = await replaceFile(join(dir, "b.pem"), "new");
    await replaced.restore();
    await added.restore();
    expect(await readFile(path, "utf8")).toBe("one");
    expect(await modeOf(path)).toBe(0o640);
    expect(await readdir(dir)).toEqual(["a.pem"]);
  });

  test("is not taken over somebody else's change", async () => {
    const path = join(dir, "a.pem");
    await writeFile(path, "one");
    const replaced = await replaceFile(path, "two");
    await writeFile(path, "theirs");
    await replaced.restore();
    expect(await readFile(path, "utf8")).toBe("theirs");
  });
});

test("what is in the way is told apart", async () => {
  const codeOf = (path: string) => replaceFile(path, "x").catch((error: { code?: string }) => error.code);
  expect(await codeOf(join(dir, "absent/a.pem"))).toBe("HAPROXY_DIRECTORY_MISSING");
  expect(await codeOf(dir)).toBe("HAPROXY_NOT_A_FILE");
  await writeFile(join(dir, "file"), "");
  expect(await codeOf(join(dir, "file/a.pem"))).toBe("HAPROXY_DIRECTORY_MISSING");
  for (const [cause, code] of [
    ["ENOSPC", "HAPROXY_DISK_FULL"],
    ["EDQUOT", "HAPROXY_DISK_FULL"],
    ["EROFS", "HAPROXY_DIRECTORY_READ_ONLY"],
    ["EACCES", "HAPROXY_DIRECTORY_READ_ONLY"],
    ["EIO", "HAPROXY_DISK"],
  ] as const) {
    const error = diskError("/certs/a.pem", Object.assign(new Error(cause), { code: cause }));
    expect(error).toMatchObject({ code, hint: expect.any(String) });
  }
});
