import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";

test("the kit runs under node:test as it does here, and lets the process end", async () => {
  const file = fileURLToPath(new URL("testing/with-node-test.ts", import.meta.url));
  const args = ["--test", "--test-reporter=tap", file];
  const { stdout } = await promisify(execFile)(process.execPath, args, { timeout: 120_000 });
  expect(stdout).toMatch(/^# fail 0$/m);
  expect(Number(/^# pass (\d+)$/m.exec(stdout)?.[1])).toBeGreaterThan(40);
});
