import { createPrivateKey, generateKeyPairSync, X509Certificate } from "node:crypto";
import { readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createSecureContext } from "node:tls";
import { accountIdOf, connectCa } from "@certwright/core";
import { changeAccountKey, generateKey, keyToPem } from "@certwright/core/acme";
import { fileStore, readAccount, stageAccountKey } from "@certwright/core/store";
import { expect, test } from "vitest";
import { resultOf, startCommand } from "./cli-process.ts";

type Command = Awaited<ReturnType<typeof startCommand>>;

const issue = (name: string, ...more: readonly string[]) => ["issue", "-d", name, "--dns", "rfc2136", ...more];
const storeOf = ({ dir }: Command) => fileStore(join(dir, "state"), { now: Date.now, warn: () => undefined });
const current = ({ dir }: Command, name: string, file: string) =>
  readFile(join(dir, "state/certificates", name, "current", file), "utf8");
const publicKeyOf = (pem: string) => new X509Certificate(pem).publicKey.export({ type: "spki", format: "pem" });
const serialOf = (pem: string) => new X509Certificate(pem).serialNumber;

/** The account as the CA answers it, by the key in the state. */
async function accountOf(certwright: Command): Promise<string> {
  const shown = await certwright.run(["account", "show", "--json"]);
  expect(shown, shown.stderr).toMatchObject({ code: 0 });
  return resultOf(shown).account.url;
}

test("an account is taken over by its key: our own export, lego's and acme.sh's PEM, certbot's JWK", async () => {
  await using certwright = await startCommand();
  const { dir } = certwright;
  expect(await certwright.run(["account", "create"])).toMatchObject({ code: 0 });
  const url = await accountOf(certwright);
  const exported = await certwright.run(["account", "export-key", "--out", "account.pem"]);
  expect(exported).toMatchObject({ code: 0, stdout: expect.stringContaining(url) });
  expect((await stat(join(dir, "account.pem"))).mode & 0o777).toBe(0o600);
  expect(await certwright.run(["account", "export-key", "--out", "account.pem"])).toMatchObject({
    code: 2,
    stderr: expect.stringContaining("error CLI_FILE_EXISTS"),
  });
  // The only account there is needs no --server.
  const unnamed = { env: { CERTWRIGHT_SERVER: "" } };
  expect(await certwright.run(["account", "show"], unnamed)).toMatchObject({
    code: 0,
    stdout: expect.stringContaining(url),
  });
  expect(await certwright.run(["account", "export-key", "--out", "same.pem"], unnamed)).toMatchObject({ code: 0 });
  const pem = await readFile(join(dir, "account.pem"), "utf8");
  expect(exported.stdout + exported.stderr).not.toContain(pem.split("\n")[1]);
  const key = createPrivateKey(pem);
  await writeFile(join(dir, "sec1.key"), key.export({ type: "sec1", format: "pem" }));
  await writeFile(join(dir, "private_key.json"), JSON.stringify(key.export({ format: "jwk" })));
  for (const [index, file] of ["account.pem", "sec1.key", "private_key.json"].entries()) {
    const state = ["--state", join(dir, `state-${index}`)];
    const imported = await certwright.run(["account", "import", file, "--json", ...state]);
    expect(resultOf(imported), imported.stderr).toMatchObject({ account: { url, status: "valid" } });
  }
  // Again is no fault; another key in its place is refused, and a key the CA does not know stores nothing.
  expect(await certwright.run(["account", "import", "account.pem"])).toMatchObject({ code: 0 });
  const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  await writeFile(join(dir, "stranger.pem"), privateKey.export({ type: "pkcs1", format: "pem" }));
  expect(await certwright.run(["account", "import", "stranger.pem"])).toMatchObject({
    code: 2,
    stderr: expect.stringContaining("error CLI_ACCOUNT_EXISTS"),
  });
  const unknown = await certwright.run(["account", "import", "stranger.pem", "--email", "new@example.test"]);
  expect(unknown).toMatchObject({ code: 2, stderr: expect.stringContaining("error CLI_ACCOUNT_UNKNOWN") });
  expect(resultOf(await certwright.run(["account", "list", "--json"])).accounts).toHaveLength(1);
});

test("a rollover that was killed before or after the CA's answer is ended by whatever comes next", async () => {
  await using certwright = await startCommand();
  expect(await certwright.run(["account", "create"])).toMatchObject({ code: 0 });
  const url = await accountOf(certwright);
  const store = storeOf(certwright);
  const caSpec = { directoryUrl: certwright.ca.directoryUrl };
  const id = accountIdOf(caSpec);
  const keyPem = async () => (await readAccount(store, id))?.keyPem ?? "";
  const first = await keyPem();

  // Killed before the CA was asked: the staged key is thrown away, by an order.
  await stageAccountKey(store, id, keyToPem(await generateKey()));
  expect(await certwright.run(issue("a.example.test"))).toMatchObject({ code: 0 });
  expect(await readAccount(store, id)).toMatchObject({ keyPem: first, record: { url } });
  expect(await readAccount(store, id)).not.toHaveProperty("nextKeyPem");

  // Killed after the CA's answer: the staged key is the account's.
  const next = await generateKey();
  await stageAccountKey(store, id, keyToPem(next));
  const access = {
    acceptTerms: false,
    userAgent: "certwright/test",
    caPem: await readFile(certwright.ca.caFile, "utf8"),
  };
  const world = { now: Date.now, random: Math.random, emit: () => {}, signal: new AbortController().signal };
  const sleep = async () => {};
  const client = connectCa(caSpec, access, first, { ...world, sleep } as never).withAccount(url);
  await changeAccountKey(client, next);
  client.close();
  expect(await certwright.run(issue("b.example.test"))).toMatchObject({ code: 0 });
  expect((await keyPem()).trim()).toBe(keyToPem(next).trim());

  // Killed for real at the answer, wherever that leaves it; and several at once.
  await certwright.run(["account", "rollover", "--debug"], {
    onLine: (line, kill) => {
      if (/POST .*rollover/.test(line)) kill("SIGKILL");
    },
  });
  expect(await accountOf(certwright)).toBe(url);
  const several = await Promise.all([1, 2, 3].map(() => certwright.run(["account", "rollover"])));
  expect(several.map(({ code, stderr }) => `${code} ${stderr}`)).toEqual(["0 ", "0 ", "0 "]);
  expect(await accountOf(certwright)).toBe(url);
});

test("an account that was ended elsewhere is told, forgotten, and replaced; its certificates are revoked by their own keys", async () => {
  await using certwright = await startCommand();
  const { dir } = certwright;
  for (const name of ["a.example.test", "b.example.test"])
    expect(await certwright.run(issue(name))).toMatchObject({ code: 0 });
  const [a, b] = await Promise.all(
    ["a.example.test", "b.example.test"].map((name) => current(certwright, name, "leaf.pem")),
  );
  await certwright.run(["account", "export-key", "--out", "account.pem"]);
  const elsewhere = ["--state", join(dir, "elsewhere")];
  await certwright.run(["account", "import", "account.pem", ...elsewhere]);
  expect(await certwright.run(["account", "deactivate", "--yes", ...elsewhere])).toMatchObject({ code: 0 });

  expect(await certwright.run(issue("c.example.test"))).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/error ACME_ACCOUNT_DEACTIVATED: .*\n.*account deactivate --yes/),
  });
  // The account is still in the store, and of no use; then it is gone.
  expect(await certwright.run(["revoke", "a.example.test", "--reason", "superseded"])).toMatchObject({ code: 0 });
  expect(await certwright.ca.certificateStatus(serialOf(a ?? ""))).toMatchObject({ status: "Revoked", reason: 4 });
  expect(await certwright.run(["account", "deactivate", "--yes"])).toMatchObject({ code: 0 });
  const byKey = await certwright.run(["revoke", "b.example.test", "--reason", "keyCompromise"]);
  expect(byKey, byKey.stderr).toMatchObject({ code: 0 });
  expect(await certwright.ca.certificateStatus(serialOf(b ?? ""))).toMatchObject({ status: "Revoked", reason: 1 });
  // Nothing of this made an account.
  expect(await certwright.run(["account", "list"])).toMatchObject({ stdout: "no accounts yet\n" });
  expect(await certwright.run(issue("c.example.test"))).toMatchObject({ code: 0 });
});

test("an account that is ended while it orders leaves nothing behind", async () => {
  await using certwright = await startCommand();
  expect(await certwright.run(["account", "create"])).toMatchObject({ code: 0 });
  let ended: Promise<unknown> | undefined;
  const issued = await certwright.run(issue("example.test"), {
    onLine: (line) => {
      if (line.startsWith("TXT added")) ended = certwright.run(["account", "deactivate", "--yes"]);
    },
  });
  expect(await ended).toMatchObject({ code: 0 });
  // Whichever was quicker: a certificate, or an error that names the account; and no record is left.
  if (issued.code !== 0)
    expect(issued.stderr).toMatch(/error (?:ACME_ACCOUNT_DEACTIVATED|CHALLENGE_FAILED|ACME_UNAUTH)/);
  expect(await certwright.txt("_acme-challenge.example.test")).toEqual([]);
  expect(await certwright.run(issue("other.example.test"))).toMatchObject({ code: 0 });
});

test("a key that is known to others is never certified again", async () => {
  await using certwright = await startCommand();
  const { dir } = certwright;
  expect(await certwright.run(issue("kept.example.test", "--reuse-key"))).toMatchObject({ code: 0 });
  const first = await current(certwright, "kept.example.test", "leaf.pem");

  // First another in its place, with a new key, then the revocation.
  const reissued = await certwright.run(["revoke", "kept.example.test", "--reason", "keycompromise", "--reissue"]);
  expect(reissued, reissued.stderr).toMatchObject({ code: 0 });
  const second = await current(certwright, "kept.example.test", "leaf.pem");
  expect(await certwright.ca.certificateStatus(serialOf(first))).toMatchObject({ status: "Revoked", reason: 1 });
  expect(await certwright.ca.certificateStatus(serialOf(second))).toMatchObject({ status: "Valid" });
  expect(publicKeyOf(second)).not.toBe(publicKeyOf(first));

  // Or afterwards, from a file that happens to be the store's.
  await writeFile(join(dir, "leaf.pem"), second);
  await writeFile(join(dir, "leaf.key"), await current(certwright, "kept.example.test", "key.pem"), { mode: 0o600 });
  await writeFile(join(dir, "other.key"), keyToPem(await generateKey()), { mode: 0o600 });
  const file = ["revoke", "--cert", "leaf.pem", "--reason", "keyCompromise"];
  expect(await certwright.run([...file, "--key", "other.key"])).toMatchObject({
    code: 2,
    stderr: expect.stringContaining("is not the key of"),
  });
  expect(await certwright.run([...file, "--key", "leaf.key"])).toMatchObject({
    code: 0,
    stdout: expect.stringContaining("certwright renew kept.example.test obtains another with a new key"),
  });
  const planned = await certwright.run(["plan", "--json"]);
  expect(resultOf(planned).certificates).toMatchObject([
    { action: { do: "issue", reason: "the certificate was revoked" } },
  ]);
  const renewed = await certwright.run(["renew", "--force", "kept.example.test"]);
  expect(renewed, renewed.stderr).toMatchObject({ code: 0 });
  const third = await current(certwright, "kept.example.test", "leaf.pem");
  expect(publicKeyOf(third)).not.toBe(publicKeyOf(second));
  // From then on it is kept again, as was asked for.
  await certwright.run(["renew", "--force", "kept.example.test"]);
  expect(publicKeyOf(await current(certwright, "kept.example.test", "leaf.pem"))).toBe(publicKeyOf(third));
});

test("nothing is revoked while its successor is not live everywhere", async () => {
  await using certwright = await startCommand();
  const nowhere = "export:/nowhere/site.pem";
  expect(await certwright.run(issue("a.example.test", "--deploy", nowhere))).toMatchObject({ code: 3 });
  const first = await current(certwright, "a.example.test", "leaf.pem");
  const ended = await certwright.run(["revoke", "a.example.test", "--reissue"]);
  expect(ended).toMatchObject({
    code: 3,
    stdout: expect.stringMatching(/not revoked yet.*revoke --cert .*\/1\/leaf\.pem/),
  });
  expect(await certwright.ca.certificateStatus(serialOf(first))).toMatchObject({ status: "Valid" });
  const failed = await certwright.run(
    ["revoke", "a.example.test", "--reissue", "--server", certwright.ca.directoryUrl],
    {
      env: { RFC2136_NAMESERVER: "" },
    },
  );
  expect(failed.code).toBe(2);
  expect(failed.stdout).toContain("is not revoked, for there is no other yet");
  expect(await certwright.run(["remove", "a.example.test"])).toMatchObject({ code: 2 });
  expect(await certwright.run(["remove", "a.example.test", "--yes"])).toMatchObject({ code: 0 });
  expect(await certwright.run(["list", "--names"])).toMatchObject({ stdout: "" });
});

test("a certificate is exported once, and at each renewal by a configuration", async () => {
  await using certwright = await startCommand();
  const { dir, ca, dns } = certwright;
  await writeFile(join(dir, "password"), "changeit\n", { mode: 0o600 });
  await writeFile(
    join(dir, "certwright.yaml"),
    `
accounts: { ops: { acceptTerms: true } }
cas: { pebble: { url: "${ca.directoryUrl}", caFile: "${ca.caFile}" } }
providers: { bind: { provider: rfc2136 } }
targets:
  nginx: { export: site.pem, parts: [leaf, chain, key], mode: 0640 }
  java: { export: site.p12, format: pkcs12, passwordFile: password }
  env: { export: env.p12, format: pkcs12, password: { env: KEYSTORE } }
  pass: { export: pass.p12, format: pkcs12, password: { command: [echo, changeit] } }
defaults:
  dns: { resolvers: ["${dns.address}"], nameservers: ["${dns.address}"] }
certificates:
  example.test: { deploy: [nginx, java, env, pass] }
`,
  );
  const env = { KEYSTORE: "changeit" };
  expect(await certwright.run(["config", "check", "--secrets"], { env })).toMatchObject({ code: 0, stderr: "" });
  for (const args of [["renew"], ["renew", "--force"]]) {
    const ended = await certwright.run(args, { env });
    expect(ended, ended.stderr).toMatchObject({ code: 0 });
    const pem = await readFile(join(dir, "site.pem"), "utf8");
    expect(pem).toBe(await current(certwright, "example.test", "haproxy.pem"));
    expect(() => createSecureContext({ cert: pem, key: pem })).not.toThrow();
    for (const file of ["site.p12", "env.p12", "pass.p12"]) {
      const pfx = await readFile(join(dir, file));
      expect(() => createSecureContext({ pfx, passphrase: "changeit" }), file).not.toThrow();
    }
  }
  expect((await stat(join(dir, "site.pem"))).mode & 0o777).toBe(0o640);
  // The account's CA is trusted by what the configuration says of it.
  const flagless = { env: { CERTWRIGHT_SERVER: "", CERTWRIGHT_CA_FILE: "" } };
  expect(await certwright.run(["account", "show"], flagless)).toMatchObject({ code: 0, stderr: "" });
  const p12 = ["export", "example.test", "--out", "once.p12", "--format", "pkcs12", "--password"];
  expect(await certwright.run([...p12, "file:password"])).toMatchObject({ code: 0, stderr: "" });
  const pfx = await readFile(join(dir, "once.p12"));
  expect(() => createSecureContext({ pfx, passphrase: "changeit" })).not.toThrow();
  const clear = await certwright.run([...p12, "changeit"]);
  expect(clear).toMatchObject({ code: 2, stderr: expect.stringContaining("error EXPORT_ADDRESS: the password must") });
  expect(clear.stderr).not.toContain("changeit");
  const once = await certwright.run([
    "export",
    "example.test",
    "--out",
    "once.pem",
    "--parts",
    "key,fullchain",
    "--json",
  ]);
  expect(resultOf(once)).toMatchObject({ files: [{ path: join(dir, "once.pem"), action: "added" }] });
  expect(await certwright.run(["export", "example.test", "--out", "once.pem", "--mode", "644"])).toMatchObject({
    code: 2,
    stderr: expect.stringContaining("error EXPORT_ADDRESS"),
  });
});
