import { chmod, symlink, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { SecretRef } from "../spec.ts";
import { temporaryFolder } from "../store/testing/temporary.ts";
import { largestSecret, resolveSecret } from "./resolve-secret.ts";
import { createSecretSources } from "./secret-sources.ts";

const node = process.execPath;

interface Found {
  readonly value?: string;
  readonly code?: string;
  readonly message?: string;
  readonly warnings: readonly string[];
}

async function find(
  ref: SecretRef,
  env: Readonly<Record<string, string>> = {},
  signal = new AbortController().signal,
): Promise<Found> {
  const warnings: string[] = [];
  const sources = createSecretSources({
    env: { PATH: "/usr/bin:/bin", ...env },
    signal,
    warn: ({ message }) => warnings.push(message),
  });
  try {
    return { value: await resolveSecret(ref, sources), warnings };
  } catch (error) {
    const { code, message, hint } = error as Error & { code: string; hint?: string };
    if (code !== undefined) expect(hint).toMatch(/\.$|:/);
    return { code, message, warnings };
  }
}

const script = (text: string): SecretRef => ({ command: [node, "-e", text] });

describe("a secret from the environment", () => {
  test("is the variable without line ends at its end", async () => {
    expect(await find({ env: "TOKEN" }, { TOKEN: " a b\r\n\n" })).toEqual({ value: " a b", warnings: [] });
  });

  test.each([
    ["unset", {}, "the variable TOKEN is not set"],
    ["empty", { TOKEN: "" }, "the variable TOKEN is empty"],
    ["blank", { TOKEN: " \n" }, "the variable TOKEN is empty"],
  ])("is missing where it is %s", async (_, env, message) => {
    expect(await find({ env: "TOKEN" }, env)).toMatchObject({ code: "CONFIG_SECRET_MISSING", message });
  });
});

describe("a secret from a file", () => {
  test("is its content, through links too", async () => {
    await using folder = await temporaryFolder();
    const path = join(folder.path, "key");
    await writeFile(path, "-----BEGIN\nabc\n-----END\n", { mode: 0o600 });
    await symlink(path, join(folder.path, "link"));
    expect(await find({ file: join(folder.path, "link") })).toEqual({
      value: "-----BEGIN\nabc\n-----END",
      warnings: [],
    });
  });

  test.each([
    [0o604, 1],
    [0o644, 1],
    [0o640, 0],
    [0o600, 0],
  ])("with mode %o gets %i warnings", async (mode, count) => {
    await using folder = await temporaryFolder();
    const path = join(folder.path, "key");
    await writeFile(path, "abc");
    await chmod(path, mode);
    const { value, warnings } = await find({ file: path });
    expect(value).toBe("abc");
    expect(warnings).toEqual(count === 0 ? [] : [`every user of this machine can read the secret in ${path}`]);
  });

  test("is refused where it is none", async () => {
    await using folder = await temporaryFolder();
    const file = async (name: string, bytes: string | Buffer): Promise<SecretRef> => {
      await writeFile(join(folder.path, name), bytes, { mode: 0o600 });
      return { file: join(folder.path, name) };
    };
    expect((await find({ file: join(folder.path, "none") })).code).toBe("CONFIG_SECRET_MISSING");
    expect((await find({ file: join(folder.path, "none/below") })).code).toBe("CONFIG_SECRET_MISSING");
    expect(await find({ file: folder.path })).toMatchObject({
      code: "CONFIG_SECRET_UNREADABLE",
      message: `${folder.path} cannot be read (EISDIR)`,
    });
    expect((await find(await file("empty", "\n\n"))).code).toBe("CONFIG_SECRET_MISSING");
    expect((await find(await file("zero", "a\0b"))).code).toBe("CONFIG_SECRET_MALFORMED");
    expect((await find(await file("latin", Buffer.from([0x61, 0xe4])))).code).toBe("CONFIG_SECRET_MALFORMED");
    expect((await find(await file("fits", "x".repeat(largestSecret)))).value).toHaveLength(largestSecret);
    const large = await file("large", "x");
    await truncate(join(folder.path, "large"), 8 * 1024 ** 3);
    expect((await find(large)).code).toBe("CONFIG_SECRET_TOO_LARGE");
    expect((await find({ file: "/dev/zero" })).code).toBe("CONFIG_SECRET_TOO_LARGE");
  });
});

describe("a secret from a program", () => {
  test("is what it prints, in a clean environment and without a shell", async () => {
    expect(
      await find(script("console.log(process.argv[1] ?? 'none', process.env.TOKEN ?? 'clean')"), { TOKEN: "abc" }),
    ).toEqual({
      value: "none clean",
      warnings: [],
    });
    expect((await find({ command: [node, "-p", "process.argv[1]", "$(id) *"] })).value).toBe("$(id) *");
  });

  test("is refused where the program fails, and its output is not shown", async () => {
    const failed = await find(
      script("console.log('hunter2'); console.error('no such\\u001b[31m path'); process.exit(2)"),
    );
    expect(failed).toMatchObject({
      code: "CONFIG_SECRET_COMMAND",
      message: `${node} ended with status 2: no such [31m path`,
    });
    expect(await find(script(""))).toMatchObject({
      code: "CONFIG_SECRET_MISSING",
      message: `the output of ${node} is empty`,
    });
    expect(await find({ command: ["/nonexistent/vault"] })).toMatchObject({
      code: "CONFIG_SECRET_COMMAND",
      message: "there is no program /nonexistent/vault, or its first line names an interpreter that is not there",
    });
    expect((await find(script(`process.stdout.write("x".repeat(${largestSecret + 1}))`))).code).toBe(
      "CONFIG_SECRET_TOO_LARGE",
    );
  });

  test("is not waited for once the run is aborted", async () => {
    const reason = new Error("stop");
    const controller = new AbortController();
    const found = find(script("setInterval(() => {}, 1000)"), {}, controller.signal);
    controller.abort(reason);
    expect(await found).toMatchObject({ message: "stop" });
  });
});
