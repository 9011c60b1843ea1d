import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readFleetState } from "@certwright/core/store";
import {
  type Drift,
  type FleetCertificates,
  type FleetNode,
  type FleetWorld,
  findNodes,
  lookForDrift,
  parseNode,
  push,
  pushToFleet,
} from "@certwright/haproxy";
import { freePort } from "@certwright/tools/servers";
import { expect, test } from "vitest";
import { resultOf, runMain } from "./cli-process.ts";
import {
  certificatesOf,
  createFleetWorld,
  fingerprintAt,
  fleetOf,
  issueAll,
  startLoad,
  startNode,
  storeCertificates,
} from "./fleet-fixture.ts";
import { ca, pemOf, watching } from "./haproxy-fixture.ts";
import { client, credentials, startAgent, targetOf } from "./node-agent-fixture.ts";

const names = (count: number) => Array.from({ length: count }, (_, index) => `n${index}.fleet.test`);
const allow = { names: ["*.fleet.test"] };

test("a fleet of plain nodes and node agents under load: one agent is down, and catches up by itself", async () => {
  await using stack = new AsyncDisposableStack();
  const before = issueAll(ca, 12);
  const renewed = issueAll(ca, 12);
  const [plain, modern, old] = await Promise.all([startNode(before), startNode(before), startNode(before, "2.6")]);
  for (const node of [plain, modern, old]) stack.use(node);
  const agent = stack.use(await startAgent(modern, { allow }));
  const listen = { host: "127.0.0.1", port: await freePort() };
  const targets = [plain.adminSocket, agent.target, await targetOf(`127.0.0.1:${listen.port}`, old.dir)];
  const fleet = fleetOf(targets.map((target) => `haproxy:${target}`));
  const { world, pass } = createFleetWorld();
  const nodes = await findNodes(fleet.source, world);
  const pids = await Promise.all([plain, modern, old].map((node) => node.workerPid()));
  const right = new Map(
    names(12).map((name, index) => [
      name,
      new Set([before[index]?.fingerprint256 ?? "", renewed[index]?.fingerprint256 ?? ""]),
    ]),
  );
  const ports = [plain, modern, old].map((node) => node.ports.web ?? 0);
  const load = startLoad(ports, right);

  const first = await pushToFleet(fleet, nodes, certificatesOf(renewed), { insist: false }, world);
  expect(first.nodes.map(({ updated, failed }) => [updated, failed])).toEqual([
    [12, 0],
    [12, 0],
    [0, 12],
  ]);
  expect(first.nodes[2]?.error).toMatchObject({ code: "HAPROXY_UNREACHABLE" });
  expect(await drift(nodes, certificatesOf(renewed), world)).toEqual([{ same: 12 }, { same: 12 }, { unknown: 12 }]);

  stack.use(await startAgent(old, { allow, listen }));
  expect(await drift(nodes.slice(2), certificatesOf(renewed), world)).toEqual([{ other: 12 }]);
  pass(24 * 3_600_000);
  const second = await pushToFleet(fleet, nodes, certificatesOf(renewed), { insist: false }, world);
  expect(second.nodes.map(({ updated, skipped }) => [updated, skipped])).toEqual([
    [0, 12],
    [0, 12],
    [12, 0],
  ]);
  expect(second.lacking.size).toBe(0);
  expect(await drift(nodes, certificatesOf(renewed), world)).toEqual([{ same: 12 }, { same: 12 }, { same: 12 }]);

  expect(await load.stop()).toMatchObject({ failed: [], wrong: [] });
  for (const [index, name] of names(12).entries())
    for (const port of ports) expect(await fingerprintAt(port, name)).toBe(renewed[index]?.fingerprint256);
  expect(await Promise.all([plain, modern, old].map((node) => node.workerPid()))).toEqual(pids);
  const { nodes: states } = await readFleetState(world.store, fleet.label, "n0.fleet.test");
  expect(states.map(({ target }) => target)).toEqual(nodes.map(({ id }) => id));
});

/** How memory and disk of each node compare with the store; both must agree. */
async function drift(nodes: readonly FleetNode[], certificates: FleetCertificates, world: FleetWorld) {
  return Promise.all(
    nodes.map(async (node) => {
      const kinds: Record<string, number> = {};
      for await (const { memory, disk } of lookForDrift(node, certificates, world)) {
        expect(disk.kind).toBe(memory.kind);
        kinds[memory.kind] = (kinds[memory.kind] ?? 0) + 1;
      }
      return kinds;
    }),
  );
}

test("two addresses that lead to one HAProxy have it once each; one that leads to another's agent has nothing", async () => {
  const before = issueAll(ca, 4);
  const renewed = issueAll(ca, 4);
  await using node = await startNode(before);
  await using one = await startAgent(node, { allow });
  await using two = await startAgent(node, { allow });
  const { world } = createFleetWorld();
  await using other = await startAgent(node, { allow });
  const targets = [one.target, two.target, `${other.target}&servername=lb2.test`];
  const fleet = fleetOf(targets.map((target) => `haproxy:${target}`));
  const nodes = await findNodes(fleet.source, world);
  const report = await pushToFleet(fleet, nodes, certificatesOf(renewed), { insist: false }, world);
  const [first, second, third] = report.nodes;
  expect([first, second].map((each) => (each?.updated ?? 0) + (each?.unchanged ?? 0))).toEqual([4, 4]);
  expect(third).toMatchObject({ failed: 4, error: { code: "HAPROXY_TLS" } });
  expect(await drift(nodes.slice(0, 2), certificatesOf(renewed), world)).toEqual([{ same: 4 }, { same: 4 }]);
  for (const [index, name] of names(4).entries())
    expect(await fingerprintAt(node.ports.web ?? 0, name)).toBe(renewed[index]?.fingerprint256);
});

test("drift tells no more of a node than the agent is allowed to", async () => {
  const before = issueAll(ca, 2);
  await using node = await startNode(before);
  await using agent = await startAgent(node, { allow: { names: ["n0.fleet.test"] } });
  const { world } = createFleetWorld();
  const [first] = await findNodes(
    { kind: "list", targets: [`haproxy:${agent.target}&check=127.0.0.1:${node.ports.web}`] },
    world,
  );
  const seen: Drift[] = [];
  if (first) for await (const each of lookForDrift(first, certificatesOf(before), world)) seen.push(each);
  expect(seen).toEqual([
    expect.objectContaining({ memory: { kind: "same" }, disk: { kind: "same" }, handshake: { kind: "same" } }),
    expect.objectContaining({
      memory: { kind: "unknown", detail: "The node agent takes no certificate for n1.fleet.test." },
      disk: expect.objectContaining({ kind: "unknown" }),
      handshake: { kind: "same" },
    }),
  ]);
  const named = await findNodes({ kind: "list", targets: [`haproxy:${agent.target}&certificate=/etc/passwd`] }, world);
  const peeked: Drift[] = [];
  if (named[0])
    for await (const each of lookForDrift(named[0], certificatesOf(before.slice(0, 1)), world)) peeked.push(each);
  expect(peeked[0]?.disk).toEqual({ kind: "unknown", detail: "The node agent may not change /etc/passwd." });
});

test("the commands on either side", async () => {
  const dir = await mkdtemp(join(tmpdir(), "certwright-node-agent-"));
  await using node = await startNode(issueAll(ca, 2));
  const env = { PATH: process.env.PATH ?? "", HOME: dir, CERTWRIGHT_STATE: join(dir, "state") };
  const certwright = (...args: string[]) => runMain(args, env, dir, undefined);
  await writeFile(join(dir, "cert.pem"), credentials.cert);
  await writeFile(join(dir, "key.pem"), credentials.key);
  await writeFile(join(dir, "ca.pem"), credentials.ca);
  const port = await freePort();
  const flags = ["--node", node.adminSocket, "--listen", `127.0.0.1:${port}`];
  flags.push("--cert", "cert.pem", "--key", "key.pem", "--client-ca", "ca.pem", "--client", "deployer.test");
  const serve = ["haproxy", "serve-node", "--json", ...flags];

  const listening = Promise.withResolvers<(signal: NodeJS.Signals) => void>();
  const serving = runMain([...serve, "--allow-name", "*.fleet.test"], env, dir, (line, kill) => {
    if (line.includes("agent.listening")) listening.resolve(kill);
  });
  const kill = await Promise.race([
    listening.promise,
    serving.then((ended) => Promise.reject(new Error(ended.stderr))),
  ]);

  const renewed = issueAll(ca, 2);
  await storeCertificates(dir, renewed);
  const target = await targetOf(`127.0.0.1:${port}`, dir, client);
  const pushed = await certwright("fleet", "push", "--node", target, "--json");
  expect(pushed).toMatchObject({ code: 0 });
  expect(await fingerprintAt(node.ports.web ?? 0, "n1.fleet.test")).toBe(renewed[1]?.fingerprint256);
  const [drift, deploy, check] = await Promise.all([
    certwright("fleet", "drift", "--node", target, "--json"),
    certwright("deploy", "n0.fleet.test", `haproxy:${target}`, "--json"),
    certwright("haproxy", "check", "--node", target, "--json"),
  ]);
  expect(drift.code).toBe(0);
  expect(resultOf(drift)).toMatchObject({ differing: 0, notAsked: 0 });
  expect(deploy.code).toBe(0);
  expect(resultOf(check)).toMatchObject({ findings: [{ code: "HAPROXY_AGENT_ONLY" }] });

  // Another CA from now on; then it goes, in order.
  await writeFile(join(dir, "ca.pem"), ca.rootPem);
  kill("SIGHUP");
  const request = { pem: pemOf(renewed[0] ?? client) };
  const again = () =>
    push(parseNode(target), request, watching()).then(
      ({ action }) => action,
      ({ code }) => code,
    );
  await expect.poll(again).toBe("HAPROXY_TLS");
  kill("SIGTERM");
  const ended = await serving;
  expect(ended).toMatchObject({ code: 0 });
  const told = ended.stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  // Two that were pushed, one that was there; and whatever came before the other CA was read.
  expect(told.filter(({ action }) => action === "updated")).toHaveLength(2);
  expect(told).toContainEqual(expect.objectContaining({ type: "warning", code: "HAPROXY_AGENT_CLIENT" }));
  expect(told.at(-1)).toMatchObject({ ok: true, stopped: true });
  expect(ended.stdout + ended.stderr).not.toContain("PRIVATE");
  await rm(dir, { recursive: true });
});
