import { spawn } from "node:child_process";
import { chmod } from "node:fs/promises";
import { createServer } from "node:net";
import { text } from "node:stream/consumers";
import { parseNode, push } from "@certwright/haproxy";
import { type Haproxy, startHaproxy, withTempDir } from "@certwright/tools/servers";
import { describe, expect, test } from "vitest";
import {
  ca,
  contentOf,
  defaults,
  expectNothingOpen,
  pemOf,
  pushTo,
  serialOf,
  served,
  watching,
} from "./haproxy-fixture.ts";

const config = `
global
    stats socket <dir>/operator.sock mode 600 level operator
    stats socket <dir>/user.sock mode 600 level user
${defaults}
frontend site
    bind 127.0.0.1:<port:site> ssl crt <dir>/certs/site.pem crt <dir>/certs/other.pem
    http-request return status 200
frontend extra
    bind 127.0.0.1:<port:extra> ssl crt-list <dir>/list.txt
    http-request return status 200
`;
const site = ca.issue({ names: ["site.test", "www.site.test"] });
const files = {
  "certs/site.pem": site.pem,
  "certs/other.pem": ca.issue({ names: ["other.test"] }).pem,
  "list.txt": "<dir>/certs/site.pem\n",
};
const renewed = ca.issue({ names: site.names });
const start = (version: "3.2" | "2.6") => startHaproxy({ version, config, files });
const pathOf = ({ dir }: Haproxy) => `${dir}/certs/site.pem`;

/** After a failure everything is as it was: memory, file, traffic, no transaction, no lock. */
async function expectUntouched(haproxy: Haproxy): Promise<void> {
  await expectNothingOpen(haproxy);
  expect(await serialOf(haproxy, pathOf(haproxy))).toBe(site.serial);
  expect(await contentOf(pathOf(haproxy))).toBe(site.pem);
  expect(await served(haproxy.ports.site, "site.test")).toBe(site.fingerprint256);
}

describe.each(["3.2", "2.6"] as const)("HAProxy %s", (version) => {
  const wrongKey = { key: ca.issue({ names: ["x.test"] }).keyPem, chain: renewed.fullchainPem };
  const expired = ca.issue({ names: site.names, notAfter: new Date(Date.now() - 1_000) });
  const future = ca.issue({ names: site.names, notBefore: new Date(Date.now() + 3_600_000) });
  const fewer = ca.issue({ names: ["site.test"] });
  const huge = ca.issue({ names: [...site.names, ...Array.from({ length: 600 }, (_, i) => `name-${i}.site.test`)] });

  test.each([
    [
      "a key that does not belong to it",
      { pem: wrongKey },
      "HAPROXY_KEY_MISMATCH",
      /key the certificate was requested/,
    ],
    ["an expired certificate", { pem: pemOf(expired) }, "HAPROXY_CERTIFICATE_EXPIRED", /Renew it first/],
    ["one of tomorrow", { pem: pemOf(future) }, "HAPROXY_CERTIFICATE_NOT_YET_VALID", /clock/],
    ["one with fewer names", { pem: pemOf(fewer) }, "HAPROXY_NAMES_LOST", /allow fewer names/],
    ["one too large for the buffer", { pem: pemOf(huge) }, "HAPROXY_BUFFER_TOO_SMALL", /"tune.bufsize 32768"/],
    ["no certificate at all", { pem: { key: renewed.keyPem, chain: "" } }, "HAPROXY_BAD_PEM", /leaf first/],
  ] as const)("refuses %s", async (_, request, code, hint) => {
    await using haproxy = await start(version);
    const failure = await pushTo(haproxy, { ...request, certificate: pathOf(haproxy) }).catch(
      (error: unknown) => error,
    );
    expect(failure).toMatchObject({ code, hint: expect.stringMatching(hint) });
    await expectUntouched(haproxy);
  });

  test("fewer names go through when that is meant", async () => {
    await using haproxy = await start(version);
    const request = { pem: pemOf(fewer), certificate: pathOf(haproxy), allowFewerNames: true };
    expect(await pushTo(haproxy, request)).toMatchObject({ action: "updated", served: true });
  });

  test("a PEM of exactly the size that kills HAProxy 2.6 arrives another way", async () => {
    await using haproxy = await start(version);
    const names = Array.from({ length: 600 }, (_, i) => `n-${1000 + i}.site.test`);
    const large = ca.issue({ names });
    const fixed = `set ssl cert ${haproxy.dir}/certs/ <<\n${large.pem}\n`.length;
    const file = "x".repeat(16_384 - fixed - ".pem".length);
    expect(file.length).toBeLessThan(250);
    const done = await pushTo(haproxy, {
      pem: pemOf(large),
      certificate: `${haproxy.dir}/certs/${file}.pem`,
      add: { list: `${haproxy.dir}/list.txt` },
    });
    expect(done).toMatchObject({ action: "added", served: true });
    expect(await served(haproxy.ports.extra, "n-1200.site.test")).toBe(large.fingerprint256);
  });

  test.each(["operator", "user"])("refuses a socket of level %s", async (level) => {
    await using haproxy = await start(version);
    const node = parseNode(`${haproxy.dir}/${level}.sock`);
    const pushed = push(node, { pem: pemOf(renewed), certificate: pathOf(haproxy) }, watching());
    await expect(pushed).rejects.toMatchObject({ code: "HAPROXY_LEVEL", hint: expect.stringContaining("level admin") });
    await expectUntouched(haproxy);
  });

  test("names what it may have been meant when the certificate is unknown", async () => {
    await using haproxy = await start(version);
    const unknown = pushTo(haproxy, { pem: pemOf(renewed), certificate: "/elsewhere/site.pem" });
    await expect(unknown).rejects.toMatchObject({
      code: "HAPROXY_CERTIFICATE_UNKNOWN",
      hint: `Did you mean ${pathOf(haproxy)}?`,
    });
    const noNames = pushTo(haproxy, { pem: pemOf(ca.issue({ names: ["nobody.test"] })) });
    await expect(noNames).rejects.toMatchObject({ code: "HAPROXY_CERTIFICATE_UNKNOWN" });
    await expectUntouched(haproxy);
  });

  test("waits for somebody else's transaction, and does not touch it while it may be alive", async () => {
    await using haproxy = await start(version);
    const other = `${haproxy.dir}/certs/other.pem`;
    await haproxy.command(`set ssl cert ${other} <<\n${ca.issue({ names: ["other.test"] }).pem}`);
    const context = watching({ busyTimeout: 300, staleAfter: Number.POSITIVE_INFINITY });
    const blocked = pushTo(haproxy, { pem: pemOf(renewed), certificate: pathOf(haproxy) }, context);
    await expect(blocked).rejects.toMatchObject({
      code: "HAPROXY_TRANSACTION_OPEN",
      hint: expect.stringContaining(`abort ssl cert ${other}`),
    });
    expect(context.events).toContainEqual({
      type: "waiting",
      node: haproxy.adminSocket,
      certificate: pathOf(haproxy),
      behind: other,
    });
    expect(await haproxy.command("show ssl cert")).toContain(`# transaction\n*${other}\n`);
    expect(await haproxy.command(`commit ssl cert ${other}`)).toContain("Success!");
    await expectUntouched(haproxy);
  });

  test("ends somebody else's transaction once nobody has touched it for long", async () => {
    await using haproxy = await start(version);
    const other = `${haproxy.dir}/certs/other.pem`;
    const before = await serialOf(haproxy, other);
    await haproxy.command(`set ssl cert ${other} <<\n${ca.issue({ names: ["other.test"] }).pem}`);
    const context = watching({ staleAfter: 400 });
    const done = await pushTo(haproxy, { pem: pemOf(renewed), certificate: pathOf(haproxy) }, context);
    expect(done).toMatchObject({ action: "updated", served: true });
    expect(context.events).toContainEqual(
      expect.objectContaining({ type: "foreign-transaction-aborted", certificate: other }),
    );
    expect(await serialOf(haproxy, other)).toBe(before);
    await expectNothingOpen(haproxy);
  });

  test("takes over what an earlier push of the same certificate left open", async () => {
    await using haproxy = await start(version);
    await haproxy.command(`set ssl cert ${pathOf(haproxy)} <<\n${ca.issue({ names: site.names }).pem}`);
    const done = await pushTo(haproxy, { pem: pemOf(renewed), certificate: pathOf(haproxy) });
    expect(done).toMatchObject({ action: "updated", served: true });
    await expectNothingOpen(haproxy);
  });

  test("a deployer that has waited in vain leaves the lock to another, who had no time yet to say whose it is", async () => {
    await using haproxy = await start(version);
    await haproxy.command("new ssl cert certwright.lock");
    const limits = { busyTimeout: 50, staleAfter: Number.POSITIVE_INFINITY };
    const waiting = pushTo(haproxy, { pem: pemOf(renewed) }, watching(limits));
    await expect(waiting).rejects.toMatchObject({ code: "HAPROXY_BUSY" });
    expect(await haproxy.command("show ssl cert")).toContain("certwright.lock");
    await haproxy.command("del ssl cert certwright.lock");
  });

  test("a lock left by a deployer that was killed is broken", async () => {
    await using haproxy = await start(version);
    await haproxy.command("new ssl cert certwright.lock");
    await haproxy.command("new ssl cert certwright.lock.0123456789ab");
    const request = { pem: pemOf(renewed), certificate: pathOf(haproxy) };
    await expect(pushTo(haproxy, request, watching({ busyTimeout: 200 }))).rejects.toMatchObject({
      code: "HAPROXY_BUSY",
    });
    expect(await pushTo(haproxy, request, watching({ staleAfter: 300 }))).toMatchObject({ action: "updated" });
    await expectNothingOpen(haproxy);
  });

  test("options HAProxy does not know leave nothing behind", async () => {
    await using haproxy = await start(version);
    const add = { list: `${haproxy.dir}/list.txt`, options: "bogus x" };
    const certificate = `${haproxy.dir}/certs/new.pem`;
    const refused = pushTo(haproxy, { pem: pemOf(ca.issue({ names: ["new.test"] })), certificate, add });
    await expect(refused).rejects.toMatchObject({
      code: "HAPROXY_ADD_REFUSED",
      message: expect.stringContaining("unknown ssl keyword bogus"),
    });
    expect(await contentOf(certificate)).toBeUndefined();
    expect(await contentOf(`${haproxy.dir}/list.txt`)).toBe(`${haproxy.dir}/certs/site.pem\n`);
    expect(await haproxy.command("show ssl cert")).not.toContain("new.pem");
    await expectUntouched(haproxy);
  });

  test.each([
    ["of exactly the size that kills HAProxy 2.6", 16_384],
    ["larger than the buffer", 17_000],
  ])("a crt-list line %s is never sent", async (_, size) => {
    await using haproxy = await start(version);
    const certificate = `${haproxy.dir}/certs/new.pem`;
    const list = `${haproxy.dir}/list.txt`;
    const filters = Array.from({ length: 1_000 }, (_, index) => `f-${1_000 + index}.test`);
    const fixed = `add ssl crt-list ${list} <<\n${certificate} ${filters.join(" ")}\n\n`.length;
    filters.push("x".repeat(size - fixed - 1));
    const pushed = pushTo(haproxy, {
      pem: pemOf(ca.issue({ names: ["new.test"] })),
      certificate,
      add: { list, filters },
    });
    await expect(pushed).rejects.toMatchObject({
      code: "HAPROXY_BUFFER_TOO_SMALL",
      hint: expect.stringContaining('"tune.bufsize 32768"'),
    });
    expect(await contentOf(certificate)).toBeUndefined();
    expect(await contentOf(list)).toBe(`${haproxy.dir}/certs/site.pem\n`);
    expect(await haproxy.command("show ssl cert")).not.toContain("new.pem");
    await expectUntouched(haproxy);
  });

  test("an aborted push leaves nothing behind", async () => {
    await using haproxy = await start(version);
    await haproxy.command(`set ssl cert ${haproxy.dir}/certs/other.pem <<\n${ca.issue({ names: ["other.test"] }).pem}`);
    const controller = new AbortController();
    const context = { ...watching(), signal: controller.signal };
    const pushed = pushTo(
      haproxy,
      { pem: pemOf(renewed), certificate: pathOf(haproxy) },
      {
        ...context,
        onEvent: ({ type }) => type === "waiting" && controller.abort(new Error("Ctrl-C")),
      },
    );
    await expect(pushed).rejects.toThrow("Ctrl-C");
    await haproxy.command(`abort ssl cert ${haproxy.dir}/certs/other.pem`);
    await expectUntouched(haproxy);
  });

  test("a handshake that shows another certificate is a failure, and what was there stays known", async () => {
    await using haproxy = await start(version);
    const point = { host: "127.0.0.1", port: haproxy.ports.site ?? 0, sni: "other.test" };
    const pushed = pushTo(haproxy, {
      pem: pemOf(renewed),
      certificate: pathOf(haproxy),
      verify: { handshake: [point] },
    });
    await expect(pushed).rejects.toMatchObject({ code: "HAPROXY_NOT_SERVED" });
    expect(await serialOf(haproxy, pathOf(haproxy))).toBe(renewed.serial);
    await expectNothingOpen(haproxy);
  });
});

describe("the socket", () => {
  const request = { pem: pemOf(renewed), certificate: "/site.pem" };

  test("is missing", async () => {
    const pushed = push(parseNode("/nonexistent/admin.sock"), request, watching());
    await expect(pushed).rejects.toMatchObject({
      code: "HAPROXY_SOCKET_MISSING",
      hint: expect.stringContaining("stats socket"),
    });
  });

  test("belongs to nobody any more", async () => {
    await withTempDir(async (dir) => {
      await leaveDeadSocket(`${dir}/dead.sock`);
      const pushed = push(parseNode(`${dir}/dead.sock`), request, watching());
      await expect(pushed).rejects.toMatchObject({ code: "HAPROXY_NOT_RUNNING" });
    });
  });

  test("is not ours to open", async () => {
    await withTempDir(async (dir) => {
      await chmod(dir, 0o755);
      const server = createServer().listen(`${dir}/closed.sock`);
      await chmod(`${dir}/closed.sock`, 0o000);
      const said = await pushAsNobody(`${dir}/closed.sock`);
      server.close();
      expect(said).toBe("HAPROXY_SOCKET_DENIED");
    });
  });

  test("speaks something else", async () => {
    await withTempDir(async (dir) => {
      const server = createServer((socket) => socket.end("HTTP/1.1 400 Bad Request\r\n\r\n")).listen(`${dir}/x.sock`);
      const pushed = push(parseNode(`${dir}/x.sock`), request, watching());
      await expect(pushed).rejects.toMatchObject({
        code: "HAPROXY_CONNECTION_CUT",
        message: expect.stringContaining("HTTP/1.1 400"),
      });
      server.close();
    });
  });
});

/** A socket file whose process is gone: closing a server removes its file, a killed process leaves it. */
async function leaveDeadSocket(path: string): Promise<void> {
  const script = `require("node:net").createServer().listen(${JSON.stringify(path)}, () => process.kill(process.pid, "SIGKILL"))`;
  await new Promise((resolve) => spawn(process.execPath, ["-e", script]).once("exit", resolve));
}

/** Pushes from a process without privileges, which it gives up after it has loaded the code; returns the error's code. */
async function pushAsNobody(path: string): Promise<string> {
  const script = `
    import { parseNode, push } from "@certwright/haproxy";
    import { text } from "node:stream/consumers";
    const pem = JSON.parse(await text(process.stdin));
    if (process.getuid() === 0) process.setuid(65534);
    const context = { signal: new AbortController().signal, now: Date.now };
    await push(parseNode(${JSON.stringify(path)}), { pem, certificate: "/site.pem" }, context).catch(({ code }) => console.log(code));`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", script], { stdio: ["pipe", "pipe", "inherit"] });
  child.stdin.end(JSON.stringify(pemOf(renewed)));
  return (await text(child.stdout)).trim();
}
