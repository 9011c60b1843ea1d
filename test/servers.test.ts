import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { rm } from "node:fs/promises";
import { connect } from "node:net";
import { promisify } from "node:util";
import {
  ensureServers,
  freePort,
  startBind,
  startChalltestsrv,
  startHaproxy,
  startKnot,
  startMoto,
  startPebble,
  startPowerdns,
  withTempDir,
} from "@certwright/tools/servers";
import { createTestCa } from "@certwright/tools/test-ca";
import { expect, test } from "vitest";

const config = [
  "defaults",
  "    mode http",
  "    timeout client 1m",
  "    timeout server 1m",
  "    timeout connect 1m",
  "frontend tls",
  "    bind 127.0.0.1:<port:tls> ssl crt <dir>/certs/a.pem",
  "    http-request return status 200",
].join("\n");
const files = { "certs/a.pem": createTestCa().issue({ names: ["a.example.test"] }).pem };

test.each(["3.2", "2.6"] as const)("HAProxy %s runs, answers, and reloads under its master", async (version) => {
  await using haproxy = await startHaproxy({ version, config: `${config}\n`, files, master: true });
  expect(await haproxy.command("show info")).toContain(`Version: ${version}.`);
  const worker = await haproxy.workerPid();
  await haproxy.reload();
  expect(await haproxy.workerPid()).not.toBe(worker);
  expect(await connects(haproxy.ports.tls ?? 0)).toBe(true);
});

test("HAProxy without a master is one process", async () => {
  await using haproxy = await startHaproxy({ version: "3.2", config: `${config}\n`, files });
  expect(await haproxy.workerPid()).toBe(haproxy.pid);
  expect(haproxy.masterSocket).toBeUndefined();
});

test("a bad configuration is reported with what HAProxy says", async () => {
  await expect(startHaproxy({ version: "3.2", config: "nonsense here\n" })).rejects.toThrow(
    /unknown keyword 'nonsense'/,
  );
});

test("BIND and Knot serve their zones on IPv4 and IPv6 and end with everything they left", async () => {
  const zones = ["example.test", { name: "alias.test", records: ["_acme-challenge IN CNAME x.example.test."] }];
  for (const start of [startBind, startKnot]) {
    const server = await start({ zones, ipv6: true });
    expect(await connects(server.port)).toBe(true);
    expect(await connects(server.port, "::1")).toBe(true);
    await server.stop();
    expect(await connects(server.port)).toBe(false);
    expect(existsSync(server.dir)).toBe(false);
    await server.stop();
  }
});

test("PowerDNS serves the zones created through its API", async () => {
  await using pdns = await startPowerdns({ zones: ["example.test"] });
  const headers = { "X-API-Key": pdns.apiKey };
  const zones = await fetch(`${pdns.apiUrl}/api/v1/servers/localhost/zones`, { headers });
  expect(await zones.json()).toMatchObject([{ name: "example.test." }]);
});

test("Pebble lists its roots, counts requests and knows no certificate yet", async () => {
  await using pebble = await startPebble({ dnsServer: "127.0.0.1:9", eab: true, alternateRoots: 2 });
  const roots = await pebble.roots();
  expect(new Set(roots).size).toBe(3);
  expect(roots[0]).toContain("BEGIN CERTIFICATE");
  expect(pebble.eab?.hmacKey).toMatch(/^[\w-]{43}$/);
  expect(await pebble.requests()).toEqual([]);
  expect(await pebble.certificateStatus("1234")).toBeUndefined();
});

test("pebble-challtestsrv takes records", async () => {
  await using server = await startChalltestsrv();
  await server.manage("set-txt", { host: "_acme-challenge.a.test.", value: "v" });
  await expect(server.manage("no-such-action", {})).rejects.toThrow("status 404");
});

test("moto answers for Route 53", async () => {
  await using moto = await startMoto();
  const authorization =
    "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/route53/aws4_request, SignedHeaders=host, Signature=0";
  const answer = await fetch(`${moto.endpoint}/2013-04-01/hostedzone`, { headers: { authorization } });
  expect(await answer.text()).toContain("ListHostedZonesResponse");
});

test("servers end when the process that started them is killed", async () => {
  await ensureServers("demo");
  const script = `
    import { startBind } from "@certwright/tools/servers";
    const { port, dir } = await startBind({ zones: ["example.test"] });
    process.stdout.write(JSON.stringify({ port, dir }), () => process.kill(process.pid, "SIGKILL"));
  `;
  const running = promisify(execFile)(process.execPath, ["--input-type=module", "--eval", script]);
  const { stdout } = await running.catch((killed: { stdout: string; signal: string }) => killed);
  const { port, dir } = JSON.parse(stdout) as { port: number; dir: string };
  await expect.poll(() => connects(port)).toBe(false);
  await rm(dir, { recursive: true });
});

test("two free ports differ and a temporary folder is removed even when its user fails", async () => {
  expect(await freePort()).not.toBe(await freePort());
  let kept = "";
  const failing = withTempDir(async (dir) => {
    kept = dir;
    throw new Error("no");
  });
  await expect(failing).rejects.toThrow("no");
  expect(existsSync(kept)).toBe(false);
});

function connects(port: number, host = "127.0.0.1"): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, host, () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => resolve(false));
  });
}
