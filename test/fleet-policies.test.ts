import { readFleetState } from "@certwright/core/store";
import { createResolver, parseServer } from "@certwright/dns";
import { type FleetPolicy, type FleetWorld, findNodes, fleetTarget, type NodeSource } from "@certwright/haproxy";
import { startBind } from "@certwright/tools/servers";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createFleetWorld, deployable, fingerprintAt, fleetOf, issueAll, startNode } from "./fleet-fixture.ts";
import { ca } from "./haproxy-fixture.ts";

const name = "n0.fleet.test";
const before = issueAll(ca, 1);
let nodes: readonly Awaited<ReturnType<typeof startNode>>[] = [];

beforeAll(async () => {
  nodes = await Promise.all([0, 1, 2].map(() => startNode(before)));
});
afterAll(async () => {
  await Promise.all(nodes.map((node) => node.stop()));
});

const targets = () => nodes.map(({ adminSocket }) => `haproxy:${adminSocket}`);
const renew = () => deployable(ca.issue({ names: [name] }));
const shown = () => Promise.all(nodes.map(({ ports }) => fingerprintAt(ports.web ?? 0, name)));

function deploy(policy: FleetPolicy, world: FleetWorld, certificate = renew(), list = targets()) {
  const context = { now: world.now, signal: world.signal, step: () => {} };
  return fleetTarget(fleetOf(list, policy), world).deploy(certificate, context);
}

describe("a node that is down", () => {
  const down = "haproxy:/nowhere/admin.sock";

  test("fails the policy all, and the others have it all the same", async () => {
    const { world } = createFleetWorld();
    const certificate = renew();
    await expect(deploy({ kind: "all" }, world, certificate, [...targets(), down])).rejects.toMatchObject({
      code: "HAPROXY_FLEET_INCOMPLETE",
      retryable: true,
      message: expect.stringContaining("3 of 4 nodes"),
      cause: expect.objectContaining({ code: "HAPROXY_SOCKET_MISSING" }),
    });
    expect(await shown()).toEqual(nodes.map(() => certificate.fingerprint256));
  });

  const content: readonly [string, FleetPolicy][] = [
    ["more than half", { kind: "quorum" }],
    ["three quarters", { kind: "quorum", share: 0.75 }],
    ["three", { kind: "quorum", nodes: 3 }],
    ["best effort", { kind: "best-effort" }],
  ];
  test.each(content)("does not fail %s; when it is tried again is told", async (_, policy) => {
    const { world } = createFleetWorld();
    const start = world.now();
    const done = await deploy(policy, world, renew(), [...targets(), down]);
    expect(done).toMatchObject({ action: "updated", served: false, warnings: [expect.stringContaining("/nowhere")] });
    expect(done.retryAt).toBeGreaterThanOrEqual(start + 60_000);
    expect(done.retryAt).toBeLessThan(start + 120_000);
  });

  test("fails a quorum it is needed for", async () => {
    const { world } = createFleetWorld();
    await expect(deploy({ kind: "quorum", share: 0.8 }, world, renew(), [...targets(), down])).rejects.toMatchObject({
      code: "HAPROXY_FLEET_INCOMPLETE",
    });
  });

  test("is tried less and less often, and at once for a new certificate", async () => {
    const { world, pass } = createFleetWorld();
    const tries: number[] = [];
    const connects: FleetWorld = {
      ...world,
      connect: () => {
        tries.push(world.now());
        return Promise.reject(Object.assign(new Error("down"), { code: "HAPROXY_NOT_RUNNING" }));
      },
    };
    const certificate = renew();
    for (const minutes of [0, 0.5, 0.6, 1, 1.1]) {
      pass(minutes * 60_000);
      await deploy({ kind: "quorum" }, connects, certificate, [down]).catch(() => {});
    }
    expect(tries).toHaveLength(3);
    await deploy({ kind: "quorum" }, connects, renew(), [down]).catch(() => {});
    expect(tries).toHaveLength(4);
  });
});

test("a node that was taken out of the fleet is forgotten, whether it had the certificate or not", async () => {
  const { world } = createFleetWorld();
  const certificate = renew();
  const [first = "", second = ""] = targets();
  const down = "haproxy:/nowhere/admin.sock";
  await expect(deploy({ kind: "all" }, world, certificate, [first, second, down])).rejects.toMatchObject({
    code: "HAPROXY_FLEET_INCOMPLETE",
  });
  const done = await deploy({ kind: "all" }, world, certificate, [first]);
  expect(done).toMatchObject({ action: "unchanged", detail: expect.stringMatching(/^1 of 1 nodes have it/) });
  expect(done).not.toHaveProperty("retryAt");
  const { nodes: states } = await readFleetState(world.store, "edge", name);
  expect(states.map(({ target }) => `haproxy:${target}`)).toEqual([first]);
});

test("a node that is taken out while a push is under way is done with, and then forgotten", async () => {
  const { world } = createFleetWorld();
  const certificate = renew();
  const [first = "", ...others] = targets();
  const canary: FleetPolicy = { kind: "canary", nodes: 1, waitMs: 60_000 };
  const sleeping: FleetWorld = {
    ...world,
    // Another run with another configuration, in the middle of this one.
    sleep: async () => void (await deploy({ kind: "all" }, world, certificate, [first])),
  };
  await deploy(canary, sleeping, certificate, [first, ...others]);
  expect(await shown()).toEqual(nodes.map(() => certificate.fingerprint256));
  await deploy({ kind: "all" }, world, certificate, [first]);
  const { nodes: states } = await readFleetState(world.store, "edge", name);
  expect(states.map(({ target }) => `haproxy:${target}`)).toEqual([first]);
});

describe("canary", () => {
  const canary: FleetPolicy = { kind: "canary", nodes: 1, waitMs: 60_000 };

  test("goes first, is looked at again after its time, and only then the others follow", async () => {
    const { world } = createFleetWorld();
    const certificate = renew();
    const atTheWait: (readonly boolean[])[] = [];
    const waits: number[] = [];
    const done = await deploy(
      canary,
      {
        ...world,
        sleep: async (milliseconds) => {
          waits.push(milliseconds);
          atTheWait.push((await shown()).map((each) => each === certificate.fingerprint256));
        },
      },
      certificate,
    );
    expect(atTheWait).toEqual([[true, false, false]]);
    expect(waits[0]).toBe(60_000);
    expect(done).toMatchObject({ action: "updated" });
    expect(await shown()).toEqual(nodes.map(() => certificate.fingerprint256));
  });

  test("that took it while the clock was days ahead is waited for no longer than any other", async () => {
    const { world, pass } = createFleetWorld();
    const certificate = renew();
    const days = 10 * 86_400_000;
    pass(days);
    await deploy({ kind: "all" }, world, certificate, targets().slice(0, 1));
    pass(-days);
    const waits: number[] = [];
    const sleep = async (milliseconds: number) => void waits.push(milliseconds);
    await deploy(canary, { ...world, sleep }, certificate);
    expect(waits).toEqual([60_000]);
    expect(await shown()).toEqual(nodes.map(() => certificate.fingerprint256));
  });

  test("keeps the others from a certificate it does not take", async () => {
    const { world } = createFleetWorld();
    const shownBefore = await shown();
    const other = deployable(ca.issue({ names: ["other.fleet.test"] }));
    await expect(deploy(canary, world, { ...other, name })).rejects.toMatchObject({
      code: "HAPROXY_FLEET_INCOMPLETE",
      message: expect.stringContaining("0 of 3 nodes"),
    });
    expect(await shown()).toEqual(shownBefore);
    const { nodes: states } = await readFleetState(world.store, "edge", name);
    expect(states.map(({ lastError }) => lastError?.code)).toEqual(["HAPROXY_CERTIFICATE_UNKNOWN"]);
  });

  test("that loses it in the meantime keeps the others from it", async () => {
    const { world } = createFleetWorld();
    const certificate = renew();
    const former = await shown();
    const surprised = {
      ...world,
      sleep: async () => {
        await nodes[0]?.kill();
      },
    };
    await expect(deploy(canary, surprised, certificate)).rejects.toMatchObject({ code: "HAPROXY_FLEET_INCOMPLETE" });
    await nodes[0]?.restart();
    // The file was written before, so that what the canary starts with is what it had.
    expect(await shown()).toEqual([certificate.fingerprint256, former[1], former[2]]);
  });
});

describe("nodes are found", () => {
  const finding = (source: NodeSource, world: Partial<FleetWorld>) =>
    findNodes(source, { ...createFleetWorld().world, ...world }).then((found) => found.map(({ target }) => target));
  const targetOf = (address: string, serverName?: string) =>
    `haproxy:${address}?ca=/ca&cert=/c&key=/k${serverName === undefined ? "" : `&servername=${serverName}`}`;

  test("by A and AAAA records, and by SRV records", async () => {
    const records = [
      "edge IN A 192.0.2.2",
      "edge IN A 192.0.2.1",
      "edge IN AAAA 2001:db8::1",
      "_haproxy._tcp IN SRV 2 0 8444 b",
      "_haproxy._tcp IN SRV 1 0 8443 a",
      "_twice._tcp IN SRV 1 0 8443 a",
      "_twice._tcp IN SRV 2 5 8443 a",
      "nobody IN TXT nothing",
      "_nobody._tcp IN SRV 0 0 0 .",
    ];
    await using dns = await startBind({ zones: [{ name: "fleet.test", records }] });
    const resolver = createResolver({ servers: [parseServer(dns.address)] });
    const common = { kind: "dns", scheme: "tls", targetOf } as const;
    expect(await finding({ ...common, name: "edge.fleet.test", type: "address", port: 8443 }, { resolver })).toEqual(
      ["192.0.2.1", "192.0.2.2", "[2001:db8::1]"].map((host) => targetOf(`tls://${host}:8443`, "edge.fleet.test")),
    );
    expect(await finding({ ...common, name: "_haproxy._tcp.fleet.test", type: "srv" }, { resolver })).toEqual(
      ["a.fleet.test:8443", "b.fleet.test:8444"].map((host) => targetOf(`tls://${host}`)),
    );
    const agents = { ...common, scheme: "agent", name: "_haproxy._tcp.fleet.test", type: "srv" } as const;
    expect(await finding(agents, { resolver })).toEqual(
      ["a.fleet.test:8443", "b.fleet.test:8444"].map((host) => targetOf(`agent://${host}`)),
    );
    expect(await finding({ ...common, name: "_twice._tcp.fleet.test", type: "srv" }, { resolver })).toEqual([
      targetOf("tls://a.fleet.test:8443"),
    ]);
    for (const nobody of [
      { name: "none.fleet.test", type: "srv" },
      { name: "_nobody._tcp.fleet.test", type: "srv" },
      { name: "nobody.fleet.test", type: "address", port: 8443 },
    ] as const) {
      await expect(finding({ ...common, ...nobody }, { resolver })).rejects.toMatchObject({
        code: "HAPROXY_FLEET_NODES",
        retryable: true,
      });
    }
  });

  const printing = (stdout: string, exitCode = 0) => ({ run: async () => ({ exitCode, stdout }) });
  const command: NodeSource = {
    kind: "command",
    argv: ["nodes"],
    timeoutMs: 1000,
    targetOf: (it) => `haproxy:${it}${it.startsWith("agent:") ? "?ca=/ca&cert=/c&key=/k" : ""}`,
  };

  test("by a program", async () => {
    const printed = "# edge\n/run/a.sock\r\n\n  master:/run/b.sock\ntcp://127.0.0.1:9999\nagent://lb4:9444\n";
    expect(await finding(command, printing(printed))).toEqual([
      "haproxy:/run/a.sock",
      "haproxy:master:/run/b.sock",
      "haproxy:tcp://127.0.0.1:9999",
      "haproxy:agent://lb4:9444?ca=/ca&cert=/c&key=/k",
    ]);
  });

  test.each([
    ["nothing", "", 0, "HAPROXY_FLEET_NODES"],
    ["a failure", "/run/a.sock\n", 1, "HAPROXY_FLEET_NODES"],
    ["an error message", "cannot reach the inventory\n", 0, "HAPROXY_NODE_ADDRESS"],
    ["parameters", "/run/a.sock?files=no\n", 0, "HAPROXY_NODE_ADDRESS"],
    ["a node in the clear", "tcp://192.0.2.1:9999\n", 0, "HAPROXY_PLAINTEXT_REFUSED"],
    ["one twice", "/run/a.sock\n/run/a.sock\n", 0, "HAPROXY_FLEET_INVALID"],
  ])("not where a program prints %s", async (_, stdout, exitCode, code) => {
    await expect(finding(command, printing(stdout, exitCode))).rejects.toMatchObject({ code });
  });

  test("where they cannot be, those known from before are used, and this is told", async () => {
    const { world, events } = createFleetWorld();
    let stdout = targets()
      .map((target) => target.replace("haproxy:", ""))
      .join("\n");
    const surroundings: FleetWorld = { ...world, run: async () => ({ exitCode: stdout === "" ? 1 : 0, stdout }) };
    const fleet = { ...fleetOf([]), source: command };
    const context = { now: world.now, signal: world.signal, step: () => {} };
    await fleetTarget(fleet, surroundings).deploy(renew(), context);
    stdout = "";
    const certificate = renew();
    await fleetTarget(fleet, surroundings).deploy(certificate, context);
    expect(await shown()).toEqual(nodes.map(() => certificate.fingerprint256));
    expect(events).toContainEqual(expect.objectContaining({ type: "warning", code: "HAPROXY_FLEET_NODES" }));
  });
});
