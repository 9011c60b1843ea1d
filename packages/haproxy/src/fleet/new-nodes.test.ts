import type { CertwrightEvent } from "@certwright/core";
import { memoryState, memoryStore, readFleetState, updateFleetState } from "@certwright/core/store";
import { expect, test } from "vitest";
import { defaultLimits } from "../push/settings.ts";
import type { Fleet, FleetPolicy } from "./fleet.ts";
import { findNodes } from "./fleet-nodes.ts";
import { type FleetCertificates, type FleetWorld, pushToFleet } from "./fleet-push.ts";
import { bringToNewNodes, membersNow, newNodesListed } from "./new-nodes.ts";

const [old, current] = ["a".repeat(64), "b".repeat(64)];
const [up, down] = ["/nowhere/up.sock", "/nowhere/down.sock"];

/** A fleet of which no node can be reached: what is known is all there is. */
function startFleet(policy: FleetPolicy = { kind: "all" }) {
  const store = memoryStore(memoryState());
  const events: CertwrightEvent[] = [];
  let now = 1_000_000;
  const world: FleetWorld = {
    store,
    emit: (event) => events.push(event),
    now: () => now,
    sleep: async () => {},
    signal: new AbortController().signal,
    resolver: { query: () => Promise.reject(new Error("nobody is asked")) } as unknown as FleetWorld["resolver"],
    run: async () => ({ exitCode: 1, stdout: "" }),
    limits: { ...defaultLimits, attempts: 1 },
  };
  const fleetOf = (nodes: readonly string[]): Fleet => ({
    label: "edge",
    source: { kind: "list", targets: nodes.map((node) => `haproxy:${node}`) },
    policy,
    parallel: 4,
  });
  const certificates = (...list: FleetCertificates["list"]): FleetCertificates => ({
    list,
    load: () => Promise.reject(new Error("it cannot be read")),
  });
  return {
    world,
    events,
    fleetOf,
    certificates,
    bring: (nodes: readonly string[], ...list: FleetCertificates["list"]) =>
      bringToNewNodes(fleetOf(nodes), async () => certificates(...list), world),
    has: (node: string, name: string) =>
      updateFleetState(store, "edge", name, (states) => [
        ...states,
        { target: node, wanted: current, accepted: { fingerprint256: current, at: 1 }, failures: 0 },
      ]),
    pass: (milliseconds: number) => {
      now += milliseconds;
    },
  };
}

test("who was there before and had everything is not new; who is gone is forgotten", () => {
  const settled = { node: up, isSettled: true };
  expect(membersNow([settled, { node: down, isSettled: false }], [up, down])).toEqual([
    { node: down, isSettled: false },
    settled,
  ]);
  expect(membersNow(membersNow([settled], [down]), [up])).toEqual([{ node: up, isSettled: false }]);
});

test("nothing is read where no node is new; one that a push left out is new again", async () => {
  const { world, fleetOf, certificates, bring, has } = startFleet();
  await has(up, "a.test");
  await has(down, "a.test");
  const list = [{ name: "a.test", fingerprint256: current }];
  expect(await bring([up, down], ...list)).toEqual({ waiting: new Map() });
  const never = () => Promise.reject(new Error("there is no reason to read them"));
  expect(await bringToNewNodes(fleetOf([up, down]), never, world)).toEqual({ waiting: new Map() });
  expect(await newNodesListed(fleetOf([up, down, "/nowhere/more.sock"]), world)).toEqual(["/nowhere/more.sock"]);

  const without = fleetOf([up]);
  await pushToFleet(without, await findNodes(without.source, world), certificates(...list), { insist: false }, world);
  await expect(bringToNewNodes(fleetOf([up, down]), never, world)).rejects.toThrow("no reason");
});

const policies: readonly [FleetPolicy, waiting: number][] = [
  [{ kind: "all" }, 1],
  [{ kind: "quorum" }, 1],
  [{ kind: "best-effort" }, 0],
];
test.each(policies)(
  "%j: one that cannot be reached stays new, and is tried again at its time",
  async (policy, late) => {
    const { world, events, bring, has, pass } = startFleet(policy);
    await has(up, "a.test");
    const list = [{ name: "a.test", fingerprint256: current }];
    const first = await bring([up, down], ...list);
    expect([...first.waiting.keys()]).toHaveLength(late);
    for (const waiting of first.waiting.values())
      expect(waiting).toMatchObject({ target: "fleet:edge", next: new Date(world.now() + 60_000), lastError: {} });
    expect(first.retryAt).toBe(world.now() + 60_000);
    const told = { type: "warning", code: "DEPLOY_WAITING", message: expect.stringContaining(`${down}, which is new`) };
    expect(events.at(-1)).toMatchObject(told);

    const failures = () => events.filter(({ type }) => type === "deploy.failed").length;
    const tried = failures();
    expect(await bring([up, down], ...list)).toEqual(first);
    expect(failures()).toBe(tried);
    pass(60_000);
    expect((await bring([up, down], ...list)).retryAt).toBe(world.now() + 120_000);
    expect(failures()).toBeGreaterThan(tried);
  },
);

test("what was renewed meanwhile is pushed once more, wherever it is said to be", async () => {
  const { world, fleetOf, certificates, has } = startFleet();
  await has(up, "a.test");
  await has(up, "b.test");
  const same = { name: "b.test", fingerprint256: current };
  const reads = [old, current].map((fingerprint256) => certificates({ name: "a.test", fingerprint256 }, same));
  await bringToNewNodes(fleetOf([up, down]), async () => reads.shift() as FleetCertificates, world);
  const failures = async (name: string) =>
    (await readFleetState(world.store, "edge", name)).nodes.map(({ wanted, failures }) => [wanted, failures]);
  expect(await failures("a.test")).toEqual([
    [current, 2],
    [current, 2],
  ]);
  expect(await failures("b.test")).toEqual([
    [current, 0],
    [current, 1],
  ]);
});
