import { randomBytes } from "node:crypto";
import { readFile, stat, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import { type Moto, startMoto } from "@certwright/tools/servers";
import { afterAll, beforeAll, expect, test } from "vitest";
import { makeBucket } from "./bucket.ts";
import { resultOf, startCommand } from "./cli-process.ts";

let moto: Moto;
beforeAll(async () => {
  moto = await startMoto();
});
afterAll(() => moto.stop());

test("commands work on state in a bucket named by the environment, and nothing lies there in the clear", async () => {
  await using certwright = await startCommand();
  const { bucket, env, below, keys: keysOf } = await makeBucket(moto);
  const run = (...args: readonly string[]) => certwright.run(args, { env });
  const place = `s3://${bucket}/ci/prod`;

  expect(await run("state", "check")).toMatchObject({ code: 0, stderr: "", stdout: expect.stringContaining(place) });
  const exported = `export:${join(certwright.dir, "exported.pem")}`;
  const where = ["--email", "ops@example.test", "--deploy", exported];
  const issued = await run("issue", "-d", "example.test", "--dns", "rfc2136", ...where);
  expect(issued, issued.stdout).toMatchObject({ code: 0, stderr: "" });
  const [list, status, accounts, cleanup, doctor] = await Promise.all([
    run("list", "--names"),
    run("status"),
    run("account", "list"),
    run("cleanup"),
    run("doctor", "example.test"),
  ]);
  expect(list).toMatchObject({ code: 0, stdout: "example.test\n" });
  expect(status).toMatchObject({
    code: 0,
    stdout: expect.stringContaining(`${place}/certificates/example.test/current`),
  });
  expect(accounts.stdout).toContain("ops@example.test");
  // Another machine that shares the bucket has a file of its own under that name.
  expect(status.stdout).toContain(`${exported} on ${hostname()}: accepted`);
  expect(cleanup).toMatchObject({ code: 0, stdout: "nothing was left behind\n" });
  expect(doctor.stdout).toContain("example.test:");
  expect(doctor.stdout).not.toContain("DOCTOR_STATE");
  expect(await run("revoke", "example.test")).toMatchObject({ code: 0 });
  expect((await run("list")).stdout).toContain("revoked");

  const keys = await keysOf();
  const [own, state] = [true, false].map((isOwn) => keys.filter((key) => key.includes("/.certwright/") === isOwn));
  // Leases are let go of, and no probe stays behind.
  expect(own).toEqual(["ci/prod/.certwright/conditions.json"]);
  expect(state?.filter((key) => key.endsWith("key.pem")).length).toBeGreaterThan(1);
  for (const key of state?.filter((each) => !each.endsWith("/current")) ?? []) {
    const { bytes } = (await below.read(key.replace("ci/prod/", ""))) ?? { bytes: new Uint8Array() };
    expect(Buffer.from(bytes.subarray(0, 3)).toString(), key).toBe("CWS");
  }
});

test("a configuration says where state is, and how it is reached and opened, to every command alike", async () => {
  await using certwright = await startCommand();
  const { bucket, env } = await makeBucket(moto);
  const output = join(certwright.dir, "arrived.pem");
  expect(await certwright.run(["state", "key", "--out", "state-key"])).toMatchObject({ code: 0 });
  expect((await stat(join(certwright.dir, "state-key"))).mode & 0o777).toBe(0o600);
  const config = (extra: string) => `
state:
  location: s3://${bucket}/conf
  options:
    endpoint: ${moto.endpoint}
    accessKeyId: AKIACERTWRIGHT
    secretAccessKey: { env: S3_SECRET }
  ${extra}
cas: { pebble: { url: "${certwright.ca.directoryUrl}", caFile: "${certwright.ca.caFile}" } }
accounts: { ops: { email: ops@example.test, acceptTerms: true } }
providers: { rfc2136: {} }
defaults: { dns: { resolvers: ["${certwright.dns.address}"] , nameservers: ["${certwright.dns.address}"] }, cas: [pebble] }
targets: { file: { exec: [/bin/sh, -c, 'cat "$RENEWED_LINEAGE/fullchain.pem" > ${output}'] } }
certificates: { example.test: { deploy: [file] } }
`;
  const file = join(certwright.dir, "certwright.yaml");
  await writeFile(file, config("encryptionKey: { file: state-key }"));
  const run = (...args: readonly string[]) =>
    certwright.run(args, { env: { CERTWRIGHT_STATE: "", S3_SECRET: env.AWS_SECRET_ACCESS_KEY } });

  const renewed = await run("renew");
  expect(renewed, renewed.stdout).toMatchObject({ code: 0, stderr: "" });
  expect(await readFile(output, "utf8")).toContain("BEGIN CERTIFICATE");
  expect((await run("list", "--names")).stdout).toBe("example.test\n");
  expect((await run("account", "list")).stdout).toContain("ops@example.test");

  // Another key: refused with a word, before anything is read or written by it.
  await certwright.run(["state", "key", "--out", "new-key"]);
  await writeFile(file, config("encryptionKey: { file: new-key }"));
  expect(await run("renew")).toMatchObject({ code: 1, stderr: expect.stringContaining("STORE_WRONG_SEAL_KEY") });
  await writeFile(file, config("unencrypted: true"));
  expect(await run("list")).toMatchObject({ code: 2, stderr: expect.stringContaining("STORE_SEAL_KEY") });
  // A change of keys: both, then all anew, then the new one alone.
  await writeFile(file, config("encryptionKey: { file: new-key }\n  formerKeys: [{ file: state-key }]"));
  expect((await run("list", "--names")).stdout).toBe("example.test\n");
  const { looked, resealed } = resultOf(await run("state", "reseal", "--json"));
  expect(resealed).toBe(looked - 1);
  await writeFile(file, config("encryptionKey: { file: new-key }"));
  expect(await run("renew")).toMatchObject({ code: 0, stdout: expect.stringContaining("nothing to do") });

  // Back to a disk.
  const disk = join(certwright.dir, "disk");
  expect(await run("state", "copy", disk)).toMatchObject({ code: 0 });
  const listed = await certwright.run(["status", "--state", disk, "--json"], { env: { CERTWRIGHT_STATE: "" } });
  const [{ files }] = resultOf(listed).certificates;
  expect(await readFile(files.fullchain, "utf8")).toBe(await readFile(output, "utf8"));
  expect(await run("state", "copy", disk)).toMatchObject({
    code: 1,
    stderr: expect.stringContaining("STORE_NOT_EMPTY"),
  });
});

test("what is missing to reach a bucket is told, and where credentials were looked for", async () => {
  await using certwright = await startCommand();
  const run = (env: Readonly<Record<string, string>>, ...args: readonly string[]) => certwright.run(args, { env });
  const state = { CERTWRIGHT_STATE: "s3://acme-state/prod" };
  expect(await run(state, "list")).toMatchObject({ code: 2, stderr: expect.stringContaining("certwright state key") });
  const key = { ...state, CERTWRIGHT_STATE_KEY: randomBytes(32).toString("base64") };
  expect(await run({ ...key, AWS_ACCESS_KEY_ID: "AKIA1" }, "list")).toMatchObject({
    code: 2,
    stderr: expect.stringMatching(/AWS_REGION.*AWS_SECRET_ACCESS_KEY/),
  });
  const nothing = { ...key, AWS_REGION: "eu-west-1", AWS_EC2_METADATA_SERVICE_ENDPOINT: "http://127.0.0.1:9" };
  const { code, stderr } = await run(nothing, "list");
  expect(code).toBe(2);
  for (const place of [
    "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY",
    "AWS_WEB_IDENTITY_TOKEN_FILE and AWS_ROLE_ARN",
    `the profile default in ${certwright.dir}/.aws/credentials`,
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "an instance's role (the metadata service at http://127.0.0.1:9 cannot be reached",
  ]) {
    expect(stderr).toContain(place);
  }
  expect(await run({ CERTWRIGHT_STATE: "gs://acme/prod" }, "list")).toMatchObject({
    code: 2,
    stderr: expect.stringContaining("STORE_BAD_LOCATION"),
  });
});
