import { X509Certificate } from "node:crypto";
import { readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Haproxy } from "@certwright/tools/servers";
import { expect, test } from "vitest";
import { type Ended, fastClock, resultOf, startCommand } from "./cli-process.ts";
import { fingerprintAt, startNode } from "./fleet-fixture.ts";
import { ca } from "./haproxy-fixture.ts";

/* A node that was down, or is new, is brought up to date by whatever runs anyway, and by nobody's hand. */

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

test("a node that is new gets what there is by the next renew, and by the service, without an order", async () => {
  await using certwright = await startCommand();
  const before = [ca.issue({ names: [name] })];
  await using first = await startNode(before);
  await using second = await startNode(before);
  await using down = await startNode(before);
  await using named = await startNode(before);
  await using scaled = await startNode(before);
  const file = join(certwright.dir, "certwright.yaml");
  const printed = join(certwright.dir, "nodes");
  const configure = (fleet: string) =>
    writeFile(
      file,
      `accounts: { ops: { acceptTerms: true } }
cas: { pebble: { url: "${certwright.ca.directoryUrl}", caFile: "${certwright.ca.caFile}" } }
providers: { rfc2136: {} }
defaults: { dns: { resolvers: ["${certwright.dns.address}"], nameservers: ["${certwright.dns.address}"] } }
serve: { interval: 1m }
fleets: { edge: { ${fleet}, policy: all } }
certificates: { ${name}: { deploy: [edge] } }
`,
    );
  const list = (...nodes: readonly Haproxy[]) =>
    `nodes: ${JSON.stringify(nodes.map(({ adminSocket }) => adminSocket))}`;
  // In one step: what is half written is another fleet.
  const print = async (...nodes: readonly Haproxy[]) => {
    await writeFile(`${printed}.next`, nodes.map(({ adminSocket }) => adminSocket).join("\n"));
    await rename(`${printed}.next`, printed);
  };
  const run = (args: readonly string[], clock: Readonly<Record<string, string>> = {}) =>
    certwright.run([...args, "--config", file, "--json"], { env: { ...fastClock, ...clock } });
  const shown = (node: Haproxy) => fingerprintAt(node.ports.web ?? 0, name);
  // As above.
  const [trying, later] = [4, 20].map((minutes) => ({ CLOCK_AHEAD: String(minutes * 60_000) }));

  await configure(list(first));
  expect(await run(["renew"])).toMatchObject({ code: 0, stdout: expect.stringContaining("order.created") });
  const issued = await shown(first);

  // A plan only says so.
  await configure(list(first, second));
  const plan = await run(["plan"]);
  expect(plan).toMatchObject({ code: 0, stdout: expect.stringContaining("HAPROXY_FLEET_NEW_NODE") });
  expect(await shown(second)).toBe(before[0]?.fingerprint256);
  const next = await run(["renew"]);
  expect(next).toMatchObject({ code: 0, stdout: expect.not.stringContaining("order.created") });
  const brought = { type: "deploy.finished", certificate: "1 certificate", action: "updated" };
  expect(eventsOf(next)).toContainEqual(expect.objectContaining({ ...brought, target: second.adminSocket }));
  expect(await shown(second)).toBe(issued);
  expect(await run(["fleet", "status", "--late"])).toMatchObject({ code: 0 });

  // One that is not up yet is tried again on its own schedule, and told until then.
  await down.kill();
  await configure(list(first, second, down));
  const early = await run(["renew"], trying);
  expect(early).toMatchObject({ code: 3, stdout: expect.stringContaining("DEPLOY_WAITING") });
  // The one before has it, once.
  expect(early.stdout).not.toContain("deploy.finished");
  expect(resultOf(early)).toMatchObject({
    ok: false,
    certificates: [{ outcome: "skipped", waiting: [{ target: "fleet:edge", error: { code: expect.any(String) } }] }],
  });
  await down.restart();
  expect(await run(["renew"])).toMatchObject({ code: 3, stdout: expect.not.stringContaining('"deploy.') });
  expect(await run(["renew"], later)).toMatchObject({ code: 0 });
  expect(await shown(down)).toBe(issued);

  // A fleet that cannot be found keeps nothing up.
  const printing = `command: ["cat", "${printed}"]`;
  await configure(printing);
  const lost = await run(["renew"], later);
  expect(lost).toMatchObject({ code: 0, stdout: expect.stringContaining("HAPROXY_FLEET_NODES") });

  // By the service: as soon as a program prints it, and as soon as its configuration names it.
  await print(first, second, down);
  let kill: (signal: NodeJS.Signals) => void = () => {};
  const up = Promise.withResolvers<void>();
  const service = certwright.run(["serve", "--config", file, "--json"], {
    env: { ...fastClock, ...later, CLOCK_SPEED: "120" },
    onLine: (line, send) => {
      kill = send;
      if (line.includes("certificate.skipped")) up.resolve();
    },
  });
  await Promise.race([up.promise, service]);
  await print(first, second, down, scaled);
  await expect.poll(() => shown(scaled)).toBe(issued);
  await configure(list(first, second, down, scaled, named));
  kill("SIGHUP");
  await expect.poll(() => shown(named)).toBe(issued);
  kill("SIGTERM");
  expect(await service).toMatchObject({ code: 0, stdout: expect.not.stringContaining("order.created") });
});

function eventsOf({ stdout }: Ended): readonly unknown[] {
  return stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
}
