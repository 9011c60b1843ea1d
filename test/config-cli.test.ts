import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { resultOf, startCommand } from "./cli-process.ts";
import { startWebhook } from "./webhook.ts";

test("one file: two accounts of a provider, programs, targets, notifications; plan says what renew does", async () => {
  await using certwright = await startCommand();
  await using webhook = await startWebhook();
  const { dir, dns, ca } = certwright;
  await writeFile(join(dir, "tsig"), `${dns.key.secret}\n`, { mode: 0o600 });
  const account = `nameserver: "${dns.address}", keyName: ${dns.key.name}, keyAlgorithm: ${dns.key.algorithm}`;
  const file = join(dir, "certwright.yaml");
  await writeFile(
    file,
    `
accounts: { ops: { email: ops@example.test, acceptTerms: true } }
cas: { pebble: { url: "${ca.directoryUrl}", caFile: "${ca.caFile}" } }
providers:
  one: { provider: rfc2136, zones: [a.example.test], options: { ${account}, keySecret: { file: tsig } } }
  two: { provider: rfc2136, zones: [b.example.test], options: { ${account}, keySecret: { env: TWO_SECRET } } }
targets:
  copy: { exec: [/usr/bin/tee, -a, deployed] }
hooks:
  pre: [[/usr/bin/tee, -a, before]]
  post: [[/usr/bin/tee, -a, after]]
defaults:
  dns: { resolvers: ["${dns.address}"], nameservers: ["${dns.address}"] }
certificates:
  a: { names: [a.example.test, "*.a.example.test"], deploy: [copy] }
  b.example.test: { hooks: { deploy: [{ command: [/bin/false], name: broken }] } }
notifications:
  chat: { webhook: "${webhook.url}", headers: { Authorization: { env: CHAT_TOKEN } }, on: [issued, not-deployed, recovered] }
`,
  );
  const own = { RFC2136_TSIG_SECRET: "", CERTWRIGHT_ACCEPT_TOS: "", CERTWRIGHT_SERVER: "", CERTWRIGHT_CA_FILE: "" };
  const env = { ...own, TWO_SECRET: dns.key.secret, CHAT_TOKEN: "hunter22-chat" };
  const run = (...args: readonly string[]) => certwright.run(args, { env });

  expect(await run("config", "check", "--secrets")).toMatchObject({ code: 0, stderr: "" });
  const planned = resultOf(await run("plan", "--json"));
  expect(planned.certificates).toMatchObject([
    { name: "a", action: { do: "issue", reason: "not issued yet" } },
    { name: "b.example.test", action: { do: "issue" } },
  ]);
  expect((await ca.requests()).filter(({ path }) => path !== "/dir")).toEqual([]);

  const renewed = await run("renew", "--json");
  expect(renewed.code, renewed.stdout + renewed.stderr).toBe(3);
  expect(resultOf(renewed).certificates).toMatchObject([
    { name: "a", outcome: "issued", targets: [{ ok: true, target: "exec:copy" }] },
    { name: "b.example.test", outcome: "issued", targets: [{ ok: false, error: { code: "HOOK_FAILED" } }] },
  ]);
  const written = renewed.stdout.split("\n").filter((line) => line.includes('"txt.added"'));
  expect(written.map((line) => JSON.parse(line).records[0].provider).sort()).toEqual(
    ["one", "one", "two"].slice(-written.length),
  );
  expect(await readFile(join(dir, "deployed"), "utf8")).toContain('"a.example.test"');
  expect((await readFile(join(dir, "before"), "utf8")).match(/"event": "pre"/g)).toHaveLength(1);
  expect(await readFile(join(dir, "after"), "utf8")).toContain('"renewed"');
  const byEvent = () => webhook.notices.map(({ event, certificate }) => `${event} ${certificate}`).sort();
  expect(byEvent()).toEqual(["issued a", "issued b.example.test", "not-deployed b.example.test"]);
  expect(webhook.notices[0]).toMatchObject({ version: 1, authorization: "hunter22-chat" });
  expect(renewed.stdout + renewed.stderr).not.toContain("hunter22");

  // The hook is mended: it is deployed without an order, and the end of the trouble is told; the start was told once.
  const orders = async () => (await ca.requests()).filter(({ path }) => path.startsWith("/order-plz")).length;
  const before = await orders();
  await writeFile(file, (await readFile(file, "utf8")).replace("/bin/false", "/bin/true"));
  expect(await run("deploy", "b.example.test")).toMatchObject({ code: 0 });
  const again = await run("renew");
  expect(again).toMatchObject({ code: 0, stdout: expect.stringContaining("a: nothing to do: not due") });
  expect(await orders()).toBe(before);
  expect(byEvent().slice(-1)).toEqual(["recovered b.example.test"]);
  expect(await run("deploy", "a", "copy")).toMatchObject({ code: 0, stdout: expect.stringContaining("exec:copy") });
  expect(await run("status")).toMatchObject({ code: 0, stderr: "" });

  // What is no longer configured is told, not renewed.
  await writeFile(file, (await readFile(file, "utf8")).replace(/^ {2}b\.example\.test: .*$/m, ""));
  expect(await run("renew")).toMatchObject({
    code: 0,
    stderr: expect.stringContaining("CLI_CERTIFICATE_UNKEPT"),
  });
});

test("a first file is written once its provider was tried, and works", async () => {
  await using certwright = await startCommand();
  const init = ["init", "-d", "example.test", "--dns", "rfc2136", "--accept-tos", "--check"];
  const written = await certwright.run(init);
  expect(written, written.stderr).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/_acme-challenge\.example\.test \S+: seen by every server.*is written/s),
  });
  expect(await certwright.txt("_acme-challenge.example.test")).toEqual([]);
  expect(resultOf(await certwright.run(["plan", "--json"])).certificates).toMatchObject([
    { name: "example.test", action: { do: "issue" } },
  ]);
  expect((await certwright.ca.requests()).length).toBe(0);
});
