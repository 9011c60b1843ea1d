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
  const context = testContext({ env: { PATH: process.env.PATH ?? "", ...env } });
  const value = await readSecret(ref, { context, secrets, emit: () => {} });
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
    const missing = { code: "CONFIG_SECRET_MISSING" };
    await expect(read({ env: "TOKEN" })).rejects.toMatchObject({
      ...missing,
      message: "the variable TOKEN is not set",
    });
    await expect(read({ file: join(dir, "empty") })).rejects.toMatchObject(missing);
    await expect(read({ file: join(dir, "none") })).rejects.toMatchObject(missing);
    await expect(read({ command: ["/bin/sh", "-c", "echo half; exit 3"] })).rejects.toMatchObject({
      code: "CONFIG_SECRET_COMMAND",
      message: "/bin/sh ended with status 3",
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
