import { mkdtempDisposable, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { CliContext } from "../context.ts";
import { createSecrets } from "../reporter/secrets.ts";
import { readS3Settings } from "./s3-settings.ts";
import type { StateSettings } from "./s3-state.ts";
import { readSealKeys } from "./seal-keys.ts";

const keyText = (byte: number): string => Buffer.alloc(32, byte).toString("base64");

function invocation(env: Readonly<Record<string, string>>, cwd = "/") {
  const stopper = { signal: new AbortController().signal };
  const context = { env, cwd, stopper, now: Date.now } as unknown as CliContext;
  return { context, secrets: createSecrets(), emit: () => {}, global: {} as never };
}

/** With the credentials as they come out in the end. */
async function settingsOf(options: StateSettings["options"], given: ReturnType<typeof invocation>) {
  const { credentials, ...settings } = await readS3Settings(options, given);
  return { ...settings, ...(await credentials()) };
}

const credentials = { AWS_ACCESS_KEY_ID: "AKIA1", AWS_SECRET_ACCESS_KEY: "secret-of-one" };

describe("how a bucket is reached", () => {
  it("is Amazon's own in the region, with the credentials of the environment", async () => {
    expect(
      await settingsOf({}, invocation({ ...credentials, AWS_DEFAULT_REGION: "eu-west-1", AWS_SESSION_TOKEN: "t" })),
    ).toEqual({
      ...{ endpoint: "https://s3.eu-west-1.amazonaws.com", region: "eu-west-1", accessKeyId: "AKIA1" },
      ...{ secretAccessKey: "secret-of-one", sessionToken: "t" },
    });
  });

  it("is in a partition of its own in China", async () => {
    const given = invocation({ ...credentials, AWS_REGION: "cn-north-1" });
    expect((await readS3Settings({}, given)).endpoint).toBe("https://s3.cn-north-1.amazonaws.com.cn");
  });

  it("is what the configuration says, and then not with the environment's token", async () => {
    const env = {
      ...credentials,
      AWS_REGION: "eu-west-1",
      AWS_SESSION_TOKEN: "t",
      AWS_ENDPOINT_URL: "https://other",
      MINE: "mine-secret",
    };
    const options = {
      endpoint: "https://s3.example.net:9000/",
      accessKeyId: "AKIA2",
      secretAccessKey: { env: "MINE" },
    };
    const given = invocation(env);
    expect(await settingsOf(options, given)).toEqual({
      ...{ endpoint: "https://s3.example.net:9000", region: "eu-west-1", accessKeyId: "AKIA2" },
      secretAccessKey: "mine-secret",
    });
    expect(given.secrets.mask("mine-secret")).not.toContain("mine");
  });

  it("is found in files, and needs no region where an endpoint is given", async () => {
    await using dir = await mkdtempDisposable(join(tmpdir(), "certwright-"));
    await writeFile(join(dir.path, "secret"), "from-a-file\n", { mode: 0o600 });
    const env = {
      AWS_ACCESS_KEY_ID: "A",
      AWS_SECRET_ACCESS_KEY_FILE: "secret",
      AWS_ENDPOINT_URL_S3: "http://127.0.0.1:9000",
    };
    expect(await settingsOf({}, invocation(env, dir.path))).toEqual({
      ...{ endpoint: "http://127.0.0.1:9000", region: "us-east-1", accessKeyId: "A", secretAccessKey: "from-a-file" },
    });
  });

  it.each(["ftp://a", "https://u:p@a", "https://a/path", "https://a?x", "a"])("is not %s", async (endpoint) => {
    await expect(readS3Settings({ endpoint }, invocation({ ...credentials, AWS_REGION: "r" }))).rejects.toMatchObject({
      code: "STORE_OPTIONS",
    });
  });
});

describe("the keys of the state", () => {
  it("come from the environment, former ones with them, and are never shown", async () => {
    const given = invocation({
      CERTWRIGHT_STATE_KEY: keyText(1),
      CERTWRIGHT_STATE_FORMER_KEYS: `${keyText(2)}\n${keyText(3)}`,
    });
    const keys = await readSealKeys(undefined, given);
    expect(keys?.current.secret).toEqual(Buffer.alloc(32, 1));
    expect(keys?.previous?.map(({ secret }) => secret[0])).toEqual([2, 3]);
    for (const byte of [1, 2, 3]) expect(given.secrets.mask(keyText(byte))).toBe("[secret]");
    expect(await readSealKeys(undefined, invocation({}))).toBeUndefined();
  });

  it("are refused without being shown where they are none", async () => {
    await expect(readSealKeys(undefined, invocation({ CERTWRIGHT_STATE_KEY: "hunter2" }))).rejects.toSatisfy(
      (error: Error & { code: string }) => error.code === "STORE_SEAL_KEY" && !error.message.includes("hunter2"),
    );
  });
});
