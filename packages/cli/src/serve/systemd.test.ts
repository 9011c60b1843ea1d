import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { findSupervisor } from "./systemd.ts";

/** A supervisor by a `systemd-notify` of the test's own: what the program does before it notes its words in `told`. */
async function supervisorBy(script: string) {
  const dir = await mkdtemp(join(tmpdir(), "certwright-systemd-"));
  onTestFinished(() => rm(dir, { recursive: true }));
  const text = `#!/bin/sh\ncd "${dir}" || exit\n${script}\necho "$1" >> told\n`;
  await writeFile(join(dir, "systemd-notify"), text, { mode: 0o755 });
  const faults: string[] = [];
  const env = { PATH: [dir, process.env.PATH ?? ""].join(delimiter), NOTIFY_SOCKET: "/run/systemd/notify" };
  const supervisor = findSupervisor({ env }, (message) => faults.push(message));
  return { supervisor, faults, told: () => readFile(join(dir, "told"), "utf8") };
}

test("what is said later does not overtake what was said before, however long that takes", async () => {
  const slow = 'n=0; while [ "$1" = RELOADING=1 ] && [ ! -e told ] && [ $n != 20 ]; do n=$((n+1)); sleep 0.01; done';
  const { supervisor, faults, told } = await supervisorBy(slow);
  await Promise.all([supervisor.reloading(), supervisor.ready("keeping"), supervisor.stopping()]);
  expect(await told()).toBe("RELOADING=1\nREADY=1\nSTOPPING=1\n");
  expect(faults).toEqual([]);
});

test("one that could not be reached is told of once, and told again all the same", async () => {
  const failsTwice = 'if [ ! -e two ]; then [ -e one ] && : > two; : > one; echo "away" >&2; exit 1; fi';
  const { supervisor, faults, told } = await supervisorBy(failsTwice);
  for (let times = 0; times < 3; times += 1) await supervisor.alive();
  expect(faults).toEqual(["systemd-notify ended with status 1: away"]);
  expect(await told()).toBe("WATCHDOG=1\n");
});
