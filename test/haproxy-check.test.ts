import { chmod, rm, writeFile } from "node:fs/promises";
import type { Finding } from "@certwright/core";
import { accountKeyForHaproxy } from "@certwright/tools/account-key";
import { type Haproxy, startHaproxy } from "@certwright/tools/servers";
import { expect, test } from "vitest";
import { resultOf, runMain } from "./cli-process.ts";
import { ca, defaults } from "./haproxy-fixture.ts";

const one = ca.issue({ names: ["one.test"] });
const two = ca.issue({ names: ["two.test"] });
const api = ca.issue({ names: ["127.0.0.1"] });
const client = ca.issue({ names: ["operator"] });

async function check(haproxy: Haproxy, ...args: string[]) {
  const environment = { PATH: process.env.PATH ?? "", HOME: haproxy.dir, NODE_KEY: client.keyPem };
  const ended = await runMain(
    ["haproxy", "check", "--json", "--node", haproxy.adminSocket, ...args],
    environment,
    haproxy.dir,
    undefined,
  );
  const findings: readonly Finding[] = resultOf(ended).findings;
  return { ...ended, findings, codes: findings.map(({ severity, code }) => `${severity} ${code}`).sort() };
}

test("a good configuration: nothing to say", async () => {
  const config = `${defaults}
frontend web
    bind 127.0.0.1:<port:web> ssl crt <dir>/certs/ strict-sni
`;
  await using haproxy = await startHaproxy({ version: "3.2", config, files: { "certs/one.pem": one.pem } });
  expect(await check(haproxy)).toMatchObject({ code: 0, codes: [], stderr: "" });

  await using empty = await startHaproxy({ version: "3.2", config, files: { "certs/.keep": "" } });
  expect(await check(empty)).toMatchObject({ code: 0, codes: [], stderr: "" });
});

test("a configuration with every trap, and each is told with what to do", async () => {
  const large = ca.issue({
    names: Array.from({ length: 340 }, (_, index) => `a-name-of-some-length-${index}.large.test`),
  });
  const expired = ca.issue({
    names: ["old.test"],
    notBefore: new Date(Date.now() - 3 * 86_400_000),
    notAfter: new Date(Date.now() - 86_400_000),
  });
  const config = `global
    expose-experimental-directives
    stats socket <dir>/user.sock level user
    stats socket <dir>/open.sock mode 666 level admin
    stats socket ipv4@127.0.0.1:<port:cli> level admin ssl crt <dir>/one.pem ca-file <dir>/ca.pem verify required
acme le
    directory https://ca.invalid/dir
    account-key <dir>/account.key
${defaults}
frontend web
    bind 127.0.0.1:<port:web> ssl crt <dir>/one.pem crt <dir>/again.pem crt <dir>/old.pem crt <dir>/large.pem
crt-store st
    crt-base <dir>
    load crt two.pem alias two
frontend stored
    bind 127.0.0.1:<port:stored> ssl crt @st/two
`;
  const files = {
    "one.pem": one.pem,
    "again.pem": ca.issue({ names: ["one.test"] }).pem,
    "old.pem": expired.pem,
    "large.pem": large.pem,
    "two.pem": two.pem,
    "account.key": accountKeyForHaproxy(),
    "ca.pem": ca.rootPem,
  };
  await using haproxy = await startHaproxy({ version: "3.2", config, files, master: true });
  const { dir } = haproxy;
  await chmod(dir, 0o711);
  await chmod(`${dir}/account.key`, 0o644);
  await chmod(`${dir}/again.pem`, 0o644);
  await writeFile(`${dir}/one.pem`, ca.issue({ names: ["one.test"] }).pem);
  await rm(`${dir}/old.pem`);
  await haproxy.command("new ssl cert left-over.pem");

  const found = await check(haproxy);
  expect(found.code).toBe(1);
  expect(found.codes).toEqual(
    [
      "error HAPROXY_CHECK_BUFFER",
      "error HAPROXY_CHECK_EXPIRED",
      "error HAPROXY_CHECK_FILE_OPEN",
      "error HAPROXY_CHECK_FILE_OPEN",
      "error HAPROXY_CHECK_SAME_NAME",
      "error HAPROXY_CHECK_SSL_IGNORED",
      "note HAPROXY_CHECK_UNUSED",
      "warning HAPROXY_CHECK_CANNOT_ADD",
      "warning HAPROXY_CHECK_FILE_DIFFERS",
      "warning HAPROXY_CHECK_NO_FILE",
      "warning HAPROXY_CHECK_NO_PATH",
      "warning HAPROXY_CHECK_SOCKET_OPEN",
      "warning HAPROXY_CHECK_STRICT_SNI",
    ].sort(),
  );
  expect(found.findings.every(({ hint }) => (hint ?? "") !== "")).toBe(true);
  expect(found.findings.find(({ code }) => code === "HAPROXY_CHECK_SSL_IGNORED")?.subject).toBe(`${dir}/haproxy.cfg:5`);
});

test.each(["3.2", "2.6"] as const)("HAProxy %s asked through sockets of lower levels", async (version) => {
  const config = `global
    stats socket <dir>/user.sock level user
    stats socket <dir>/operator.sock
${defaults}
frontend web
    bind 127.0.0.1:<port:web> ssl crt <dir>/certs/ strict-sni
`;
  await using haproxy = await startHaproxy({ version, config, files: { "certs/one.pem": one.pem } });
  for (const level of ["user", "operator"]) {
    const found = await check(haproxy, "--node", `${haproxy.dir}/${level}.sock`);
    expect(found.code).toBe(1);
    const levels = found.findings.filter(({ code }) => code === "HAPROXY_CHECK_LEVEL");
    expect(levels).toMatchObject([
      { severity: "error", message: expect.stringContaining(level), hint: expect.stringContaining("admin.sock") },
    ]);
    expect(found.codes.filter((code) => code.startsWith("error"))).toHaveLength(1);
  }
});

test("a HAProxy that does not run: its configuration is judged all the same", async () => {
  const config = `${defaults}
frontend web
    bind 127.0.0.1:<port:web> ssl crt <dir>/certs/ strict-sni
`;
  await using haproxy = await startHaproxy({ version: "3.2", config, files: { "certs/one.pem": one.pem } });
  await haproxy.kill();
  const found = await check(haproxy, "--config-file", haproxy.configFile);
  expect(found.code).toBe(1);
  expect(found.codes).toEqual(["error HAPROXY_CHECK_NO_ADMIN_SOCKET", "error HAPROXY_NOT_RUNNING"]);
});

test.each(["3.2", "2.6"] as const)("HAProxy %s over TLS, with a client key that is in no file", async (version) => {
  const config = `${defaults}
listen runtime-api
    mode tcp
    bind 127.0.0.1:<port:api> ssl crt <dir>/api.pem ca-file <dir>/ca.pem verify required
    server local unix@<dir>/admin.sock
frontend web
    bind 127.0.0.1:<port:web>
`;
  const files = {
    "api.pem": api.pem,
    "ca.pem": ca.rootPem,
    "client.pem": client.fullchainPem,
    "key.pem": client.keyPem,
  };
  await using haproxy = await startHaproxy({ version, config, files });
  const { dir, ports } = haproxy;
  const node = `tls://127.0.0.1:${ports.api}`;
  const tls = { ca: `${dir}/ca.pem`, cert: `${dir}/client.pem`, key: { command: ["/bin/cat", `${dir}/key.pem`] } };
  await writeFile(`${dir}/certwright.yaml`, JSON.stringify({ targets: { lb1: { haproxy: node, tls } } }));
  const address = (key: string) => `${node}?ca=${tls.ca}&cert=${tls.cert}&key=${key}`;
  // The configuration is found where the command runs.
  const ways = [address("env:NODE_KEY"), address("config:lb1"), "lb1"];
  for (const written of version === "3.2" ? ways : ["lb1"]) {
    const { codes } = await check(haproxy, "--node", written);
    const told = codes.filter((code) => code !== "note HAPROXY_CHECK_VERSION");
    expect(told).toEqual(["note HAPROXY_CHECK_NOT_READ", "warning HAPROXY_CHECK_CANNOT_ADD"]);
  }
  const both = [`${dir}/base.cfg`, haproxy.configFile].flatMap((file) => ["--config-file", file]);
  const whole = await check(haproxy, "--node", "lb1", ...both);
  expect(whole.codes).toContain("error HAPROXY_CHECK_NO_TLS");
});
