import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createSecrets } from "./reporter/secrets.ts";
import { parseSecretRef, readSecret } from "./secret-ref.ts";
import { testContext } from "./testing/fake-context.ts";

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "certwright-secret-"));
});
afterEach(() => rm(dir, { recursive: true }));

async function read(ref: Parameters<typeof readSecret>[0], env: Record<string, string> = {}) {
  const secrets = createSecrets();
  const value = await readSecret(
    ref,
    "the token",
    testContext({ env: { PATH: process.env.PATH ?? "", ...env } }),
    secrets,
  );
  return { value, masked: secrets.mask(`x ${value}`) };
}

describe("readSecret", () => {
  it("reads a file, a variable and a program's output, and masks each", async () => {
    await writeFile(join(dir, "token"), "from-file\n");
    expect(await read({ file: join(dir, "token") })).toEqual({ value: "from-file", masked: "x [secret]" });
    expect(await read({ env: "TOKEN" }, { TOKEN: "from-env" })).toEqual({ value: "from-env", masked: "x [secret]" });
    const program = ["/bin/sh", "-c", "echo from-program"] as const;
    expect(await read({ command: program })).toEqual({ value: "from-program", masked: "x [secret]" });
  });

  it("gives a program a clean environment and no shell", async () => {
    const ref = { command: ["/usr/bin/env"] as const };
    const { value } = await read(ref, { SECRET_OF_OTHERS: "hunter22" });
    expect(value).toContain("PATH=");
    expect(value).not.toContain("hunter22");
    const literal = await read({ command: ["/bin/echo", "$HOME; id"] });
    expect(literal.value).toBe("$HOME; id");
  });

  it("says what is missing, never what was there", async () => {
    await writeFile(join(dir, "empty"), "\n");
    const missing = (text: RegExp) =>
      expect.objectContaining({ code: "CLI_SECRET_MISSING", message: expect.stringMatching(text) });
    await expect(read({ env: "TOKEN" })).rejects.toEqual(missing(/TOKEN, which is not set/));
    await expect(read({ file: join(dir, "empty") })).rejects.toEqual(missing(/empty/));
    await expect(read({ command: ["/bin/sh", "-c", "echo half; exit 3"] })).rejects.toEqual(missing(/exit code 3/));
    await expect(read({ file: join(dir, "none") })).rejects.toMatchObject({ code: "CLI_FILE_UNREADABLE" });
    await writeFile(join(dir, "large"), "x".repeat(1024 * 1024 + 1));
    await expect(read({ file: join(dir, "large") })).rejects.toMatchObject({
      code: "CLI_FILE_UNREADABLE",
      message: expect.stringMatching(/larger than 1 MiB/),
    });
  });
});

describe("parseSecretRef", () => {
  it("reads references and leaves values", () => {
    expect(parseSecretRef("file:/run/t", "/cwd")).toEqual({ file: "/run/t" });
    expect(parseSecretRef("file:t", "/cwd")).toEqual({ file: "/cwd/t" });
    expect(parseSecretRef("env:TOKEN", "/cwd")).toEqual({ env: "TOKEN" });
    expect(parseSecretRef("https://api.test", "/cwd")).toBeUndefined();
    expect(parseSecretRef("file:", "/cwd")).toBeUndefined();
  });
});
