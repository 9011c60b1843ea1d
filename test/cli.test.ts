import { execFile, execFileSync } from "node:child_process";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { main, resultOf, startCommand } from "./cli-process.ts";

test("one command obtains a certificate; run again it does nothing; it is listed, told of, revoked and replaced", async () => {
  await using certwright = await startCommand();
  const issue = ["issue", "-d", "example.test,*.example.test", "--dns", "rfc2136", "--email", "ops@example.test"];
  const first = await certwright.run([...issue, "--json", "--detailed-exitcode"]);
  expect(first).toMatchObject({ code: 5, stderr: "" });
  expect(resultOf(first)).toMatchObject({ ok: true, certificates: [{ name: "example.test", outcome: "issued" }] });
  expect(await certwright.txt("_acme-challenge.example.test")).toEqual([]);

  const second = await certwright.run([...issue, "--detailed-exitcode"]);
  expect(second).toMatchObject({ code: 0, stdout: expect.stringContaining("example.test: nothing to do: not due") });
  expect((await certwright.run(["list", "--names"])).stdout).toBe("example.test\n");
  const status = await certwright.run(["status", "example.test", "--json"]);
  const { files, fingerprint256 } = resultOf(status).certificates[0];
  const openssl = execFileSync("openssl", ["x509", "-in", files.fullchain, "-noout", "-fingerprint", "-sha256"], {
    encoding: "utf8",
  });
  expect(openssl.trim().split("=")[1]?.replaceAll(":", "").toLowerCase()).toBe(fingerprint256);

  expect(await certwright.run(["revoke", "example.test", "--reason", "superseded"])).toMatchObject({ code: 0 });
  const { serial } = resultOf(status).certificates[0];
  expect(await certwright.ca.certificateStatus(serial)).toMatchObject({ status: "Revoked", reason: 4 });
  expect((await certwright.run(["list"])).stdout).toContain("revoked");
  const renewed = await certwright.run(["renew", "--force", "--json"]);
  expect(resultOf(renewed), renewed.stderr).toMatchObject({ certificates: [{ outcome: "issued" }] });
});

test("an answer longer than a pipe holds arrives whole at a reader that takes its time, and one that leaves ends nothing", async () => {
  // A pipe of the shell: those between two Node processes are sockets, which hold more.
  const piped = async (reader: string) => {
    const line = `{ "$0" "$1" config schema; echo "ended $?" >&2; } | { ${reader}; }`;
    return await promisify(execFile)("sh", ["-c", line, process.execPath, main]);
  };
  const slow = await piped("sleep 1; cat");
  expect(slow.stdout.length).toBeGreaterThan(65_536);
  expect(() => JSON.parse(slow.stdout)).not.toThrow();
  expect((await piped("head -n 1")).stderr).toBe("ended 0\n");
});

test("a plan says what would be done, and does nothing", async () => {
  await using certwright = await startCommand();
  const planned = await certwright.run(["issue", "-d", "example.test", "--dns", "rfc2136", "--dry-run"]);
  expect(planned).toMatchObject({ code: 0, stdout: "example.test: would issue for example.test: not issued yet\n" });
  expect((await certwright.ca.requests()).filter(({ path }) => path !== "/dir")).toEqual([]);
  expect(await readdir(certwright.dir)).not.toContain("certificates");
});

test("Ctrl-C during the wait removes the records before it ends", async () => {
  await using certwright = await startCommand();
  const silent = createSocket("udp4").bind(0, "127.0.0.1");
  await once(silent, "listening");
  const args = [
    "issue",
    "-d",
    "example.test",
    "--dns",
    "rfc2136",
    "--dns-nameservers",
    `127.0.0.1:${silent.address().port}`,
  ];
  let present: Promise<readonly string[]> | undefined;
  const ended = await certwright.run(args, {
    onLine: (line, kill) => {
      if (!line.startsWith("TXT added")) return;
      present = certwright.txt("_acme-challenge.example.test");
      void present.then(() => kill("SIGINT"));
    },
  });
  silent.close();
  expect(await present).toHaveLength(1);
  expect(ended).toMatchObject({
    code: 130,
    stdout: expect.stringContaining("TXT removed"),
    stderr: expect.stringContaining("error CLI_INTERRUPTED: stopped by SIGINT"),
  });
  expect(await certwright.txt("_acme-challenge.example.test")).toEqual([]);
  expect((await certwright.run(["cleanup"])).stdout).toBe("nothing was left behind\n");
});

test("what a killed run left behind is removed by cleanup", async () => {
  await using certwright = await startCommand();
  const silent = createSocket("udp4").bind(0, "127.0.0.1");
  await once(silent, "listening");
  const args = [
    "issue",
    "-d",
    "example.test",
    "--dns",
    "rfc2136",
    "--dns-nameservers",
    `127.0.0.1:${silent.address().port}`,
  ];
  await certwright.run(args, { onLine: (line, kill) => line.startsWith("TXT added") && kill("SIGKILL") });
  silent.close();
  expect(await certwright.txt("_acme-challenge.example.test")).toHaveLength(1);
  // No certificate came of it, so nothing says how the record is reached.
  expect(await certwright.run(["cleanup"])).toMatchObject({ code: 1, stderr: expect.stringContaining("LEFT_OVER") });
  expect(await certwright.run(["cleanup", "--dns", "rfc2136"])).toMatchObject({
    code: 0,
    stdout: expect.stringContaining("1 undone, 0 still there"),
  });
  expect(await certwright.txt("_acme-challenge.example.test")).toEqual([]);
});

test("dns commands write, look, remove, and try a provider without a CA", async () => {
  await using certwright = await startCommand();
  const provider = ["--dns", "rfc2136"];
  expect(await certwright.run(["dns", "set", "x.example.test", "one", "two words", ...provider])).toMatchObject({
    code: 0,
    stderr: "",
  });
  expect([...(await certwright.txt("x.example.test"))].sort()).toEqual(["one", "two words"]);
  expect(await certwright.run(["dns", "check", "x.example.test", "one"])).toMatchObject({
    code: 0,
    stdout: expect.stringContaining("seen by every server"),
  });
  expect(await certwright.run(["dns", "check", "x.example.test", "three"])).toMatchObject({
    code: 1,
    stdout: expect.stringMatching(/other values/),
  });
  expect(await certwright.run(["dns", "remove", "x.example.test", "one", ...provider])).toMatchObject({ code: 0 });
  expect(await certwright.txt("x.example.test")).toEqual(["two words"]);

  const tried = await certwright.run(["dns", "check", "*.example.test", ...provider]);
  expect(tried).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/^_acme-challenge\.example\.test \S{43}: seen by every server$/m),
  });
  const unasked = ["dns", "check", "example.test", ...provider, "--propagation", "off"];
  expect(await certwright.run(unasked)).toMatchObject({
    code: 0,
    stdout: expect.stringContaining("no server was asked"),
  });
  const { records } = resultOf(await certwright.run([...unasked, "--json"]));
  expect(records).toEqual([
    { name: "_acme-challenge.example.test", value: expect.any(String), zone: "example.test", servers: [] },
  ]);
  expect(await certwright.txt("_acme-challenge.example.test")).toEqual([]);
  expect((await certwright.ca.requests()).length).toBe(0);
});

test("an account is made, shown, changed, given a new key, and ended", async () => {
  await using certwright = await startCommand();
  const email = ["--email", "ops@example.test"];
  expect(await certwright.run(["account", "create", ...email])).toMatchObject({
    code: 0,
    stdout: expect.stringContaining("status   valid"),
  });
  expect(await certwright.run(["account", "update", "--contact", "new@example.test"])).toMatchObject({
    code: 0,
    stdout: expect.stringContaining("mailto:new@example.test"),
  });
  const before = await certwright.run(["account", "show", "--json"]);
  expect(await certwright.run(["account", "rollover"])).toMatchObject({ code: 0 });
  const after = await certwright.run(["account", "show", "--json"]);
  const { thumbprint, ...same } = resultOf(before).account;
  expect(resultOf(after).account).toMatchObject(same);
  expect(resultOf(after).account.thumbprint).not.toBe(thumbprint);
  expect(await certwright.run(["account", "deactivate"])).toMatchObject({
    code: 2,
    stderr: expect.stringContaining("Add --yes"),
  });
  expect(await certwright.run(["account", "deactivate", "--yes"])).toMatchObject({
    code: 0,
    stdout: expect.stringContaining("deactivated"),
  });
  expect(await certwright.run(["account", "list"])).toMatchObject({ stdout: "no accounts yet\n" });
});

test("an external account binding comes from a file, and its key is shown nowhere", async () => {
  await using certwright = await startCommand({ eab: true });
  const { kid = "", hmacKey = "" } = certwright.ca.eab ?? {};
  const issue = ["issue", "-d", "example.test", "--dns", "rfc2136", "--debug"];
  expect(await certwright.run(issue)).toMatchObject({
    code: 2,
    stderr: expect.stringMatching(/error ACME_EXTERNAL_ACCOUNT_REQUIRED: .*\n.*--eab-kid/),
  });
  await writeFile(join(certwright.dir, "hmac"), `${hmacKey}\n`, { mode: 0o600 });
  const ended = await certwright.run([...issue, "--eab-kid", kid, "--eab-hmac-key-file", "hmac"]);
  expect(ended).toMatchObject({ code: 0, stdout: expect.stringContaining("account created") });
  expect(ended.stdout + ended.stderr).not.toContain(hmacKey);
});

test("a provider of one's own is a file beside the command, or an installed package", async () => {
  await using certwright = await startCommand();
  const source = `
    import { execFile, execFileSync } from "node:child_process";
    const update = (lines: string) => execFileSync("/bin/sh", ["-c", "cat >> updates"], { input: lines });
    export default {
      id: "mine", name: "Mine", website: "https://mine.test", docs: "https://mine.test", apiVersion: 1, options: {},
      traits: { granularity: "record" }, permissions: "All.", tested: { by: "contract", against: "x", on: "2026-11-01" },
      create: () => ({
        add: async ({ fqdn, value }: { fqdn: string, value: string }) => { update("add " + fqdn + " " + value + "\\n"); },
        remove: async ({ fqdn, value }: { fqdn: string, value: string }) => { update("remove " + fqdn + " " + value + "\\n"); },
      }),
    };`;
  await writeFile(join(certwright.dir, "mine.ts"), source);
  const args = ["dns", "set", "x.example.test", "v", "--dns", "./mine.ts", "--propagation", "off"];
  expect(await certwright.run(args)).toMatchObject({
    code: 0,
    stdout: expect.stringContaining("TXT added: x.example.test v ("),
  });
  expect(await certwright.run([...args.slice(0, 5), "mine"])).toMatchObject({
    code: 2,
    stderr: expect.stringContaining("npm install certwright-dns-mine"),
  });
});
