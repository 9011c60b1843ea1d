import { readFile } from "node:fs/promises";
import { renew } from "@certwright/core";
import { createHaproxyHttpSolver, createStatelessHttpSolver, parseNode } from "@certwright/haproxy";
import { freePort, type Haproxy, startChalltestsrv, startHaproxy, startPebble } from "@certwright/tools/servers";
import { expect, test } from "vitest";
import { specFor, startEngine } from "./engine.ts";

/** One HAProxy that answers challenges from a map, or from a thumbprint in its configuration. */
function config(listen: string, value: string): string {
  return `defaults
    mode http
    timeout client 1m
    timeout server 1m
    timeout connect 1m
frontend http
    bind ${listen}
    http-request return status 200 content-type text/plain lf-string "${value}" if { path_beg /.well-known/acme-challenge/ }
    http-request return status 404
`;
}

const fromMap = "%[path,field(-1,/),map(virt@acme)]";

test("http-01 from the map of two nodes, whichever node the CA asks", async () => {
  const ports = [await freePort(), await freePort()];
  await using one = await startHaproxy({ version: "3.2", config: config(`127.0.0.1:${ports[0]}`, fromMap) });
  await using two = await startHaproxy({ version: "3.2", config: config(`127.0.0.1:${ports[1]}`, fromMap) });
  const nodes = [one, two].map(({ adminSocket }) => parseNode(adminSocket));
  for (const httpPort of ports) {
    await using dns = await startChalltestsrv();
    await using ca = await startPebble({ dnsServer: dns.dns, httpPort: httpPort ?? 0 });
    await using engine = await startEngine({
      dns: dns.dns,
      caPem: await readFile(ca.caFile, "utf8"),
      solver: (_challenge, journal) => createHaproxyHttpSolver({ nodes, map: "virt@acme", journal, now: Date.now }),
    });
    const spec = specFor(
      ["a.example.test", "b.example.test"],
      { directoryUrl: ca.directoryUrl },
      { challenges: [{ type: "http-01" }] },
    );
    expect(await renew([spec], { force: false, dryRun: false }, await engine.run())).toMatchObject([
      { outcome: "issued" },
    ]);
    for (const node of [one, two]) expect(await entries(node)).toBe("");
  }
});

test("a node that is down, or that has no such map, fails the challenge and leaves nothing at the other", async () => {
  const port = await freePort();
  await using one = await startHaproxy({ version: "3.2", config: config(`127.0.0.1:${port}`, fromMap) });
  await using other = await startHaproxy({ version: "3.2", config: config(`127.0.0.1:${await freePort()}`, "none") });
  await using dns = await startChalltestsrv();
  await using ca = await startPebble({ dnsServer: dns.dns, httpPort: port });
  for (const [bad, code] of [
    ["/nowhere/admin.sock", "HAPROXY_SOCKET_MISSING"],
    [other.adminSocket, "HAPROXY_MAP_UNKNOWN"],
  ] as const) {
    await using engine = await startEngine({
      dns: dns.dns,
      caPem: await readFile(ca.caFile, "utf8"),
      solver: (_challenge, journal) =>
        createHaproxyHttpSolver({
          nodes: [one.adminSocket, bad].map(parseNode),
          map: "virt@acme",
          journal,
          now: Date.now,
        }),
    });
    const spec = specFor(["a.example.test"], { directoryUrl: ca.directoryUrl }, { challenges: [{ type: "http-01" }] });
    expect(await renew([spec], { force: false, dryRun: false }, await engine.run())).toMatchObject([
      { outcome: "failed" },
    ]);
    expect(engine.of("challenge.failed")).toMatchObject([{ code }]);
    // A map that is not there has nothing to take out; a node that is down may have.
    expect(engine.of("warning").map((warning) => warning.code)).toEqual(
      bad === other.adminSocket ? [] : ["CLEAN_UP_FAILED"],
    );
    expect(await entries(one)).toBe("");
  }
});

test("http-01 with no state at all, from the account's thumbprint", async () => {
  const port = await freePort();
  await using dns = await startChalltestsrv();
  await using ca = await startPebble({ dnsServer: dns.dns, httpPort: port });
  await using engine = await startEngine({
    dns: dns.dns,
    caPem: await readFile(ca.caFile, "utf8"),
    solver: createStatelessHttpSolver,
  });
  const { createCaPool } = await import("@certwright/core");
  const run = await engine.run();
  const pool = createCaPool(run);
  const { thumbprint } = await pool.client({ directoryUrl: ca.directoryUrl });
  await pool.close();
  await run.journal.close();
  await using _haproxy = await startHaproxy({
    version: "2.6",
    config: config(`127.0.0.1:${port}`, `%[path,field(-1,/)].${thumbprint}`),
  });
  const spec = specFor(["a.example.test"], { directoryUrl: ca.directoryUrl }, { challenges: [{ type: "http-01" }] });
  expect(await renew([spec], { force: false, dryRun: false }, await engine.run())).toMatchObject([
    { outcome: "issued" },
  ]);
});

async function entries(haproxy: Haproxy): Promise<string> {
  return (await haproxy.command("show map virt@acme")).trim();
}
