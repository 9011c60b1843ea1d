import { spawnSync } from "node:child_process";
import { mkdtempDisposable, readdir, readFile, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { pathBeside } from "@certwright/core/store";
import { expect, it } from "vitest";
import { writeNewFile } from "./write-new-file.ts";

it("writes a file that is not there, and takes nobody's place", async () => {
  await using dir = await mkdtempDisposable(join(tmpdir(), "certwright-new-"));
  const path = join(dir.path, "account.pem");
  await writeNewFile(path, "key", 0o600);
  expect((await stat(path)).mode & 0o777).toBe(0o600);
  await expect(writeNewFile(path, "other")).rejects.toMatchObject({ code: "CLI_FILE_EXISTS" });
  expect(await readFile(path, "utf8")).toBe("key");
  expect(await readdir(dir.path)).toEqual(["account.pem"]);
});

it("is not stopped by what a killed process of the same number left, and removes what is known to be left", async () => {
  await using dir = await mkdtempDisposable(join(tmpdir(), "certwright-new-"));
  const path = join(dir.path, "account.pem");
  const { pid } = spawnSync(process.execPath, ["-e", ""]);
  const left = basename(pathBeside(path)).replace(`-${process.pid}-`, `-${pid}-`);
  await writeFile(join(dir.path, left), "a key");
  await writeFile(`${path}.${process.pid}.tmp`, "not ours to judge");
  await writeNewFile(path, "key", 0o600);
  expect((await readdir(dir.path)).sort()).toEqual(["account.pem", `account.pem.${process.pid}.tmp`]);
});
