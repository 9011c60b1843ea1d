import { once } from "node:events";
import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { freePort, startHaproxy } from "@certwright/tools/servers";
import { createTestCa } from "@certwright/tools/test-ca";
import { expect, test } from "vitest";
import { type Ended, resultOf, startCommand } from "./cli-process.ts";

/** What the last error says, after a check of its form: `error CODE: ...` on one line, a hint below it, and no stack. */
function errorOf({ stdout, stderr }: Ended, secrets: readonly string[]): string {
  for (const secret of secrets) expect(stdout + stderr).not.toContain(secret);
  expect(stderr).not.toMatch(/^ +at .*:\d+:\d+/m);
  const lines = stderr.trimEnd().split("\n");
  const index = lines.findLastIndex((line) => line.startsWith("error "));
  expect(lines[index]).toMatch(/^error [A-Z][A-Z0-9_]+: \S/);
  expect(lines[index + 1]).toMatch(/^ {2}\S/);
  return lines[index] ?? "";
}

const badNames = [
  "*.*.x",
  "a..test",
  "-a.test",
  "a b.test",
  "co.uk",
  "com",
  `${"a".repeat(60)}.`.repeat(5),
  "exa\u202emple.test",
];

test("bad names are refused before anything is made", async () => {
  await using certwright = await startCommand();
  for (const name of badNames) {
    const ended = await certwright.run(["issue", "-d", name, "--dns", "rfc2136"]);
    expect(errorOf(ended, []), name).toContain("error IDENTIFIER_");
    expect(ended.code, name).toBe(2);
  }
  expect(existsSync(join(certwright.dir, "state"))).toBe(false);
  expect(await certwright.ca.requests()).toEqual([]);
});

test("a provider that is unknown, or lacks its credentials, or gets wrong ones", async () => {
  await using certwright = await startCommand();
  const issue = (...more: string[]) => ["issue", "-d", "example.test", ...more];
  const unknown = await certwright.run(issue("--dns", "rfc2163"));
  expect(errorOf(unknown, [])).toContain("error PLUGIN_UNKNOWN");
  expect(unknown).toMatchObject({ code: 2, stderr: expect.stringContaining("Did you mean rfc2136?") });

  const missing = await certwright.run(issue("--dns", "rfc2136"), { env: { RFC2136_NAMESERVER: "" } });
  expect(errorOf(missing, [])).toContain("error PROVIDER_OPTIONS");
  expect(missing).toMatchObject({ code: 2, stderr: expect.stringContaining("RFC2136_NAMESERVER") });

  const clear = await certwright.run(issue("--dns", "rfc2136", "--dns-option", "keySecret=c2VjcmV0LXNlY3JldA=="));
  expect(errorOf(clear, ["c2VjcmV0LXNlY3JldA=="])).toContain("error CLI_SECRET_IN_CLEAR");
  expect(clear.code).toBe(2);

  const wrongKey = Buffer.from("not the key of the server").toString("base64");
  const wrong = await certwright.run(issue("--dns", "rfc2136"), { env: { RFC2136_TSIG_SECRET: wrongKey } });
  expect(errorOf(wrong, [wrongKey])).toContain("error PROVIDER_AUTH");
  expect(wrong).toMatchObject({ code: 1, stderr: expect.stringMatching(/by dns-01 \(rfc2136\).*BADSIG\n.*secret/) });
  expect(await certwright.txt("_acme-challenge.example.test")).toEqual([]);
  expect(existsSync(join(certwright.dir, "state/certificates"))).toBe(false);
});

test("a CA that is not there, is no CA, speaks without TLS, or is not trusted", async () => {
  await using certwright = await startCommand();
  const issue = ["issue", "-d", "example.test", "--dns", "rfc2136"];
  const { keyPem, fullchainPem } = createTestCa().issue({ names: ["127.0.0.1"] });
  const page = createTlsServer({ key: keyPem, cert: fullchainPem }, (_request, response) => {
    response.writeHead(200, { "content-type": "text/html" }).end("<html>login</html>");
  }).listen(0, "127.0.0.1");
  await once(page, "listening");
  const pageUrl = `https://127.0.0.1:${(page.address() as AddressInfo).port}/directory`;
  const { rootPem } = createTestCa();
  await writeFile(join(certwright.dir, "other.pem"), rootPem);
  const closed = await freePort();
  const cases: readonly (readonly [server: string, code: string, exitCode: number])[] = [
    [`https://127.0.0.1:${closed}/dir`, "ACME_UNREACHABLE", 1],
    [`http://127.0.0.1:${closed}/dir`, "CLI_CA_UNKNOWN", 2],
    [pageUrl, "ACME_TLS_UNTRUSTED", 1],
    [certwright.ca.directoryUrl.replace("/dir", "/nothing-here"), "ACME_NOT_ACME", 1],
  ];
  for (const [server, code, exitCode] of cases) {
    const ended = await certwright.run([...issue, "--server", server]);
    expect(errorOf(ended, []), server).toContain(`error ${code}`);
    expect(ended.code, server).toBe(exitCode);
  }
  await writeFile(join(certwright.dir, "no.pem"), "# roots to come");
  const rootless = await certwright.run([...issue, "--ca-file", "no.pem"]);
  expect(errorOf(rootless, [])).toContain("error CLI_FILE_UNREADABLE: example.test: ");
  expect(rootless.code).toBe(2);
  page.close();
  expect(existsSync(join(certwright.dir, "state/certificates"))).toBe(false);
});

const haproxyConfig = `global
    tune.bufsize 4096
    stats socket <dir>/operator.sock mode 600 level operator
defaults
    mode http
    timeout client 1m
    timeout server 1m
    timeout connect 1m
frontend site
    bind 127.0.0.1:<port:tls> ssl crt <dir>/site.pem
`;

test("a HAProxy socket that is missing, not admin, or too small leaves the certificate issued and says so by exit code 3", async () => {
  await using certwright = await startCommand();
  const names = [
    "example.test",
    ...Array.from({ length: 99 }, (_, index) => `a-rather-long-name-${index}.example.test`),
  ];
  const old = createTestCa().issue({ names: ["example.test"] }).pem;
  await using haproxy = await startHaproxy({ version: "3.2", config: haproxyConfig, files: { "site.pem": old } });
  const issue = ["issue", "-d", names.join(","), "--dns", "rfc2136"];
  const operator = haproxy.adminSocket.replace("admin.sock", "operator.sock");
  const targets = [haproxy.adminSocket, operator, "/nowhere/admin.sock"].map((path) => `haproxy:${path}`);
  const foreseen = await certwright.run([...issue, ...targets.flatMap((each) => ["--deploy", each]), "--dry-run"]);
  expect(foreseen.code).toBe(1);
  expect(foreseen.stdout).toContain(`${targets[0]}: would replace ${haproxy.dir}/site.pem`);
  expect(foreseen.stdout).toMatch(/operator\.sock: would fail: HAPROXY_LEVEL: .*\n {2}\S/);
  expect(foreseen.stdout).toContain("would fail: HAPROXY_SOCKET_MISSING");
  expect(existsSync(join(certwright.dir, "state/certificates"))).toBe(false);
  const json = await certwright.run([...issue, "--deploy", targets[2] ?? "", "--dry-run", "--json"]);
  expect(resultOf(json).certificates).toMatchObject([
    { outcome: "planned", foreseen: [{ target: targets[2], ok: false, error: { code: "HAPROXY_SOCKET_MISSING" } }] },
  ]);

  const first = await certwright.run([...issue, "--deploy", "haproxy:/nowhere/admin.sock"]);
  expect(errorOf(first, [])).toContain("error HAPROXY_SOCKET_MISSING");
  expect(first).toMatchObject({ code: 3, stdout: expect.stringContaining("stored as generation 1") });
  expect(await certwright.txt("_acme-challenge.example.test")).toEqual([]);

  const notAdmin = await certwright.run(["deploy", "example.test", `haproxy:${operator}`]);
  expect(errorOf(notAdmin, [])).toContain("error HAPROXY_LEVEL");
  expect(notAdmin.code).toBe(3);

  const tooSmall = await certwright.run(["deploy", "example.test", `haproxy:${haproxy.adminSocket}`]);
  expect(errorOf(tooSmall, [])).toContain("error HAPROXY_BUFFER_TOO_SMALL");
  expect(tooSmall).toMatchObject({ code: 3, stderr: expect.stringMatching(/tune\.bufsize \d+/) });
});
