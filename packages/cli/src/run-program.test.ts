import { describe, expect, it } from "vitest";
import { runProgram } from "./run-program.ts";

const never = new AbortController().signal;
const shell = (script: string) => ["/bin/sh", "-c", script] as const;

describe("runProgram", () => {
  it("gives input and environment, and keeps both streams and the exit code", async () => {
    const options = { env: { NAME: "value" }, stdin: "typed", timeoutMs: 10_000, signal: never };
    const result = await runProgram(shell('cat; echo "$NAME" >&2; exit 7'), options);
    expect(result).toEqual({ exitCode: 7, stdout: "typed", stderr: "value\n" });
  });

  it("keeps 64 KiB of a stream", async () => {
    const options = { env: {}, timeoutMs: 10_000, signal: never };
    const { stdout } = await runProgram(shell("head -c 300000 /dev/zero"), options);
    expect(stdout).toHaveLength(64 * 1024);
  });

  it("does not mind a program that reads nothing", async () => {
    const options = { env: {}, stdin: "x".repeat(1_000_000), timeoutMs: 10_000, signal: never };
    expect((await runProgram(shell("exit 0"), options)).exitCode).toBe(0);
  });

  it("ends a program that takes too long, with what it started", async () => {
    const options = { env: {}, timeoutMs: 200, signal: never };
    await expect(runProgram(shell("sleep 30 & sleep 30"), options)).rejects.toThrow(/did not end within 0.2 s/);
  });

  it("ends it when the signal aborts, even one that ignores SIGTERM", async () => {
    const controller = new AbortController();
    const options = { env: {}, timeoutMs: 60_000, signal: controller.signal };
    const running = runProgram(shell("trap '' TERM; echo ready; while :; do sleep 1; done"), options);
    setTimeout(() => controller.abort(new Error("stop")), 100);
    await expect(running).rejects.toThrow("stop");
    await expect(runProgram(shell("exit 0"), options)).rejects.toThrow("stop");
  });

  it("fails for a program that is not there", async () => {
    await expect(runProgram(["/nowhere/x"], { env: {}, timeoutMs: 1000, signal: never })).rejects.toThrow(/ENOENT/);
  });
});
