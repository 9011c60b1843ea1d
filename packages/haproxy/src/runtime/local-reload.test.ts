import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { hasSuccessor } from "./local-reload.ts";

let proc = "";
beforeEach(async () => {
  proc = await mkdtemp(join(tmpdir(), "cw-proc-"));
});
afterEach(() => rm(proc, { recursive: true, force: true }));

const line = (...words: string[]) => ["/usr/sbin/haproxy", ...words, ""].join("\0");
const plain = line("-W", "-f", "h.cfg");
const replacing = (...pids: string[]) => line("-sf", ...pids, "-x", "sockpair@3", "-W", "-f", "h.cfg");

/** A master, process 10, with its workers; 11 is the one that is asked about. */
async function processes(master: string, workers: Readonly<Record<number, string>>): Promise<void> {
  for (const [pid, cmdline] of Object.entries({ 10: master, ...workers })) {
    await mkdir(join(proc, pid, "task", pid), { recursive: true });
    await writeFile(join(proc, pid, "cmdline"), cmdline);
    await writeFile(join(proc, pid, "status"), `Name:\thaproxy\nPPid:\t${pid === "10" ? 1 : 10}\n`);
  }
  await writeFile(join(proc, "10/task/10/children"), `${Object.keys(workers).join(" ")} `);
}

const asked = (version: string) => hasSuccessor({ pid: 11, version, stopping: false, uptimeSeconds: 1 }, proc);

test.each<[string, string, string, Readonly<Record<number, string>>, boolean]>([
  ["no reload yet", "2.6.12", plain, { 11: plain }, false],
  ["2.6: the master reads the files", "2.6.12", replacing("11"), { 11: plain }, true],
  ["2.6: the successor starts", "2.6.12", plain, { 11: plain, 12: replacing("11") }, true],
  ["2.6: a reload failed", "2.6.12", plain, { 11: plain }, false],
  ["it is the successor", "2.6.12", plain, { 9: plain, 11: replacing("9") }, false],
  ["3.2: the master has not forked yet", "3.2.26-1", replacing("11"), { 11: plain }, false],
  ["3.2: the successor reads the files", "3.2.26-1", replacing("11"), { 11: plain, 12: replacing("11") }, true],
  ["3.2: one of several is replaced", "3.2.26-1", plain, { 11: plain, 12: replacing("9", "11") }, true],
  ["3.2: a reload failed", "3.2.26-1", replacing("11"), { 11: plain }, false],
  ["another program's child", "2.6.12", "/sbin/init\0", { 11: plain, 12: replacing("11") }, false],
  ["a number elsewhere", "3.2.26-1", plain, { 11: plain, 12: line("-sf", "9", "-x", "11") }, false],
])("%s", async (_, version, master, workers, answer) => {
  await processes(master, workers);
  expect(await asked(version)).toBe(answer);
});

test("where nothing can be known, nothing is said", async () => {
  expect(await asked("2.6.12")).toBe(false);
});
