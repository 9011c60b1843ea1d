import { X509Certificate } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Haproxy } from "@certwright/tools/servers";
import { expect, test } from "vitest";
import { fastClock, resultOf, startCommand } from "./cli-process.ts";
import { fingerprintAt, startNode } from "./fleet-fixture.ts";
import { ca } from "./haproxy-fixture.ts";

/* A node that was down is brought up to date by whatever runs anyway, and by nobody's hand. */

const name = "a.example.test";

test("a node that was down gets the certificate by the next renew, and by the service", async () => {
  await using certwright = await startCommand();
  const before = [ca.issue({ names: [name] })];
  await using up = await startNode(before);
  await using down = await startNode(before);
  const file = join(certwright.dir, "certwright.yaml");
  await writeFile(
    file,
    `accounts: { ops: { acceptTerms: true } }
cas: { pebble: { url: "${certwright.ca.directoryUrl}", caFile: "${certwright.ca.caFile}" } }
providers: { rfc2136: {} }
defaults: { dns: { resolvers: ["${certwright.dns.address}"], nameservers: ["${certwright.dns.address}"] } }
fleets: { edge: { nodes: ["${up.adminSocket}", "${down.adminSocket}"], policy: all } }
certificates: { ${name}: { deploy: [edge] } }
`,
  );
  const run = (args: readonly string[], clock: Readonly<Record<string, string>> = {}) =>
    certwright.run([...args, "--config", file, "--json"], { env: { ...fastClock, ...clock } });
  const shown = (node: Haproxy) => fingerprintAt(node.ports.web ?? 0, name);
  const lacking = async (clock = {}) => {
    const status = await run(["fleet", "status", "--late"], clock);
    return { code: status.code, late: resultOf(status).rows.map(({ node }: { node: string }) => node) };
  };

  // Other clocks than that of what looks whether a pause is over: it is not, or it is, however long this takes. The name
  // server bears five minutes.
  const [issuing, later] = [4, 20].map((minutes) => ({ CLOCK_AHEAD: String(minutes * 60_000) }));

  // Issued, and live at one of two nodes.
  await down.kill();
  const first = await run(["renew"], issuing);
  expect(first, first.stderr).toMatchObject({ code: 3 });
  const issued = await shown(up);
  expect(issued).not.toBe(before[0]?.fingerprint256);
  expect(await lacking()).toEqual({ code: 3, late: [down.adminSocket] });

  // It is back with what its files hold. Not before its time, which is told each time: 0 would say that all is well. Then
  // at once, with no new order.
  await down.restart();
  expect(await shown(down)).toBe(before[0]?.fingerprint256);
  const early = await run(["renew", "--detailed-exitcode"]);
  expect(early).toMatchObject({ code: 3, stdout: expect.stringContaining("DEPLOY_WAITING") });
  expect(resultOf(early)).toMatchObject({
    ok: false,
    certificates: [
      {
        outcome: "skipped",
        waiting: [{ target: "fleet:edge", next: expect.any(String), error: { code: "HAPROXY_FLEET_INCOMPLETE" } }],
      },
    ],
  });
  expect((await run(["plan"])).code).toBe(0);
  expect(await shown(down)).toBe(before[0]?.fingerprint256);
  const second = await run(["renew"], later);
  expect(second, second.stdout).toMatchObject({ code: 0 });
  expect(await shown(down)).toBe(issued);
  expect(await shown(up)).toBe(issued);
  expect(await lacking()).toEqual({ code: 0, late: [] });

  // The same while a service runs: nobody calls anything.
  await down.kill();
  expect((await run(["renew", name, "--force"], issuing)).code).toBe(3);
  const renewed = await shown(up);
  expect(renewed).not.toBe(issued);
  let stop: (signal: NodeJS.Signals) => void = () => {};
  const service = certwright.run(["serve", "--config", file, "--json"], {
    env: { ...fastClock, ...later, CLOCK_SPEED: "120" },
    onLine: (_line, kill) => {
      stop = kill;
    },
  });
  expect(await lacking(later)).toEqual({ code: 3, late: [down.adminSocket] });
  // The service may be quicker than anybody who looks what it serves when it is back.
  const { fingerprint256 } = new X509Certificate(await readFile(`${down.dir}/certs/${name}.pem`));
  expect(fingerprint256.replaceAll(":", "").toLowerCase()).toBe(issued);
  await down.restart();
  await expect.poll(() => shown(down)).toBe(renewed);
  await expect.poll(() => lacking(later)).toEqual({ code: 0, late: [] });
  stop("SIGTERM");
  expect((await service).code).toBe(0);
});
