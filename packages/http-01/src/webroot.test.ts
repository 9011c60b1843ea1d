import { spawnSync } from "node:child_process";
import { mkdir, mkdtempDisposable, readdir, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Effect, pathBeside } from "@certwright/core/store";
import { expect, test } from "vitest";
import { createWebrootSolver } from "./webroot.ts";

test("what a run that was killed while it wrote has left is undone, down to the directories", async () => {
  await using dir = await mkdtempDisposable(join(tmpdir(), "certwright-webroot-"));
  const folder = join(dir.path, ".well-known/acme-challenge");
  await mkdir(folder, { recursive: true });
  const name = join(folder, "token");
  const { pid } = spawnSync(process.execPath, ["-e", ""]);
  await writeFile(pathBeside(name).replace(`-${process.pid}-`, `-${pid}-`), "half an ans");
  const journal = { record: async () => [], done: () => undefined };
  const solver = createWebrootSolver({ directory: dir.path, journal, now: () => 0 });
  const effect = { kind: "http-01-file", where: dir.path, name, value: "answer" } as Effect;
  expect(await solver.undo?.(effect, AbortSignal.timeout(60_000))).toBe(true);
  expect(await readdir(dir.path)).toEqual([]);
});
