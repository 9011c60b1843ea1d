import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";

async function underNodeTest(file: string, reporter: "tap" | "spec"): Promise<string> {
  const args = ["--test", `--test-reporter=${reporter}`, fileURLToPath(new URL(`testing/${file}`, import.meta.url))];
  const ended = promisify(execFile)(process.execPath, args, { timeout: 120_000 });
  return (await ended.catch((error: { stdout: string }) => error)).stdout;
}

test("the kit runs under node:test as it does here, and lets the process end", async () => {
  const stdout = await underNodeTest("with-node-test.ts", "tap");
  expect(stdout).toMatch(/^# fail 0$/m);
  expect(Number(/^# pass (\d+)$/m.exec(stdout)?.[1])).toBeGreaterThan(40);
});

test("a case that fails shows its requests, also under node:test, which prints the stack", async () => {
  const stdout = await underNodeTest("failing-with-node-test.ts", "spec");
  expect(stdout).toMatch(/requests of this case:\s+GET \/zones -> 200/);
});
