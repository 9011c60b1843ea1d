import { existsSync } from "node:fs";
import { chmod, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { temporaryFolder } from "../store/testing/temporary.ts";
import { type ProgramOptions, runProgram } from "./run-program.ts";
import { program, shellScript } from "./testing/world.ts";

const node = process.execPath;

function run(argv: readonly [string, ...string[]], change: Partial<ProgramOptions> = {}) {
  const env = { PATH: "/usr/bin:/bin" };
  return runProgram(argv, { env, timeoutMs: 200_000, signal: new AbortController().signal, ...change });
}

const javascript = (text: string, change: Partial<ProgramOptions> = {}) => run([node, "-e", text], change);

/** Fulfils when a process is gone: one that was killed may take a moment to die. */
async function gone(pid: number): Promise<void> {
  await expect.poll(() => isRunning(pid)).toBe(false);
}

/** Whether a process still does something; a dead one whose parent has not looked yet does not. */
async function isRunning(pid: number): Promise<boolean> {
  const stat = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => "");
  return stat !== "" && !/\) [ZX] /.test(stat);
}

/**
 * The error of a program that is late once it has written the file: one that was late before says nothing, and gets more
 * time the next time.
 *
 * @returns with the limit of time it was given
 */
async function lateAfter(file: string, text: string, graceMs: number) {
  for (let timeoutMs = 500; ; timeoutMs *= 2) {
    const error: unknown = await javascript(text, { timeoutMs, graceMs }).catch((reason) => reason);
    if (existsSync(file)) return { error, timeoutMs };
  }
}

const forever = "setInterval(() => {}, 1000)";
/** Writes a file that is there whole or not at all. */
const written = (file: string, text: string) =>
  `require('fs').writeFileSync(${file} + '.new', ${text}); require('fs').renameSync(${file} + '.new', ${file});`;
/** Starts a grandchild that writes its process id and does not end when asked to. */
const withStubbornChild = (file: string, then: string) => `
  const text = "process.on('SIGTERM', () => {}); ${written("process.argv[1]", "String(process.pid)")} ${forever}";
  require("child_process").spawn(process.execPath, ["-e", text, ${JSON.stringify(file)}], { stdio: "inherit" });
  const look = setInterval(() => { if (require("fs").existsSync(${JSON.stringify(file)})) { clearInterval(look); ${then} } }, 10);
`;

describe("a program that is run", () => {
  test("gets its arguments untouched, exactly this environment, its directory, and its input", async () => {
    await using folder = await temporaryFolder();
    const text =
      "let input = ''; process.stdin.on('data', (data) => input += data).on('end', () => console.log(JSON.stringify([process.argv.slice(1), process.env, process.cwd(), input, process.stdin.isTTY ?? false])))";
    const args = ["a b", "$(id)", "*", "", "'\"", "ä\n"] as const;
    const { stdout, exitCode } = await run([node, "-e", text, ...args], {
      env: { A: "1" },
      directory: folder.path,
      stdin: "hello",
    });
    expect(exitCode).toBe(0);
    expect(JSON.parse(String(stdout))).toEqual([args, { A: "1" }, folder.path, "hello", false]);
  });

  test("may end in any way", async () => {
    expect((await javascript("process.exit(3)")).exitCode).toBe(3);
    expect((await javascript("process.kill(process.pid, 'SIGKILL')")).exitCode).toBe(137);
    const { stdout, stderr } = await javascript("console.log('out'); console.error('err')");
    expect([String(stdout), String(stderr)]).toEqual(["out\n", "err\n"]);
  });

  test("may close its input without reading it", async () => {
    const stdin = "x".repeat(10_000_000);
    expect((await javascript("process.stdin.destroy()", { stdin })).exitCode).toBe(0);
    expect((await javascript("process.exit(0)", { stdin })).exitCode).toBe(0);
  });

  test("may print without end: the last is kept, the rest counted", async () => {
    const text =
      "const b = Buffer.alloc(1e6, 'x'); for (let i = 0; i < 100; i++) require('fs').writeSync(1, b); require('fs').writeSync(1, 'the end')";
    const { stdout, dropped, exitCode } = await javascript(text);
    expect(exitCode).toBe(0);
    expect(stdout).toHaveLength(64 * 1024);
    expect(String(stdout)).toMatch(/^x+the end$/);
    expect(dropped).toEqual({ stdout: 100_000_007 - 64 * 1024, stderr: 0 });
    expect((await javascript("process.stdout.write('abcdef')", { keepBytes: 2 })).stdout.toString()).toBe("ef");
  });

  test("may leave something running, which is left alone", async () => {
    await using folder = await temporaryFolder();
    const file = join(folder.path, "pid");
    const { exitCode } = await javascript(withStubbornChild(file, "process.exit(0)"));
    const pid = Number(await readFile(file, "utf8"));
    try {
      expect(exitCode).toBe(0);
      expect(await isRunning(pid)).toBe(true);
    } finally {
      process.kill(pid, "SIGKILL");
    }
  });

  test("is ended when it is late, with all it started, however stubborn", async () => {
    await using folder = await temporaryFolder();
    const file = join(folder.path, "pid");
    const { error, timeoutMs } = await lateAfter(file, withStubbornChild(file, forever), 100);
    expect(error).toMatchObject({
      code: "PROGRAM_TIMEOUT",
      message: `${node} did not end within ${timeoutMs / 1000} s and was ended`,
      retryable: true,
    });
    await gone(Number(await readFile(file, "utf8")));
  });

  test("may end in good order when it is asked to", async () => {
    await using folder = await temporaryFolder();
    const file = join(folder.path, "note");
    const path = JSON.stringify(file);
    const text = `process.on("SIGTERM", () => { ${written(path, "'tidied'")} process.exit(0); }); ${written(path, "'at work'")} ${forever}`;
    const { error } = await lateAfter(file, text, 60_000);
    expect(error).toMatchObject({ code: "PROGRAM_TIMEOUT" });
    expect(await readFile(file, "utf8")).toBe("tidied");
  });

  test("is ended when the run is aborted, and not started after that", async () => {
    await using folder = await temporaryFolder();
    const file = join(folder.path, "pid");
    const controller = new AbortController();
    const { signal } = controller;
    const running = javascript(withStubbornChild(file, "console.log('ready')") + forever, { signal, graceMs: 100 });
    while ((await readFile(file, "utf8").catch(() => "")) === "")
      await new Promise((resolve) => setTimeout(resolve, 10));
    controller.abort(new Error("stop"));
    await expect(running).rejects.toThrow("stop");
    await gone(Number(await readFile(file, "utf8")));
    await expect(javascript("", { signal })).rejects.toThrow("stop");
  });
});

describe("a program that cannot be run", () => {
  test("is told apart by what is wrong", async () => {
    await using folder = await temporaryFolder();
    const at = (name: string) => join(folder.path, name);
    await writeFile(at("plain"), "#!/bin/sh\n", { mode: 0o644 });
    const [odd] = await shellScript(folder.path, "odd", "true");
    await writeFile(odd, "#!/nonexistent/interpreter\n");
    await chmod(odd, 0o755);
    await expect(run([at("none")])).rejects.toMatchObject({ code: "PROGRAM_NOT_FOUND", hint: "Correct the path." });
    await expect(run(["no-such-program-anywhere"])).rejects.toMatchObject({
      code: "PROGRAM_NOT_FOUND",
      hint: "Write its whole path, or put its directory on PATH.",
    });
    await expect(run([odd])).rejects.toMatchObject({
      code: "PROGRAM_NOT_FOUND",
      message: `there is no program ${odd}, or its first line names an interpreter that is not there`,
    });
    await expect(run([at("plain")])).rejects.toMatchObject({
      code: "PROGRAM_NOT_EXECUTABLE",
      message: `${at("plain")} may not be run`,
    });
    await expect(run([folder.path])).rejects.toMatchObject({ code: "PROGRAM_NOT_EXECUTABLE" });
    await expect(run([node, "-v"], { directory: at("none") })).rejects.toMatchObject({
      code: "PROGRAM_NOT_FOUND",
      message: `there is no directory ${at("none")} to run ${node} in`,
    });
    await expect(run([node, "-v"], { directory: at("plain") })).rejects.toMatchObject({ code: "PROGRAM_NOT_FOUND" });
    await expect(run([node, "a\0b"])).rejects.toMatchObject({ code: "PROGRAM_FAILED" });
    await expect(run([node, "x".repeat(4_000_000)])).rejects.toMatchObject({
      code: "PROGRAM_FAILED",
      message: `${node} could not be started (E2BIG)`,
      retryable: true,
    });
  });

  test("is found by the PATH it is given, not by ours", async () => {
    await using folder = await temporaryFolder();
    await program(folder.path, "certwright-test-tool", "console.log('found')");
    const { stdout } = await run(["certwright-test-tool"], { env: { PATH: folder.path } });
    expect(String(stdout)).toBe("found\n");
    await expect(run(["certwright-test-tool"])).rejects.toMatchObject({ code: "PROGRAM_NOT_FOUND" });
  });
});
