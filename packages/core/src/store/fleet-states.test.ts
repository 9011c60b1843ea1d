import { expect, test } from "vitest";
import type { TargetState } from "./certificate-meta.ts";
import { eachFleetState, readFleetState, updateFleetState } from "./fleet-states.ts";
import { memoryState, memoryStore } from "./memory-store.ts";

const node = (target: string): TargetState => ({ target, wanted: "a".repeat(64), failures: 0 });
const longName = `${"b".repeat(60)}.${"b".repeat(60)}.${"b".repeat(60)}.test`;
const withNode = (state: TargetState) => (nodes: readonly TargetState[]) => [...nodes, state];

test("runs that change one certificate's nodes at the same time lose nothing", async () => {
  const store = memoryStore(memoryState());
  const targets = Array.from({ length: 10 }, (_, index) => `tls://10.0.0.${index}:8443`);
  await Promise.all(targets.map((target) => updateFleetState(store, "edge", "*.example.com", withNode(node(target)))));

  const { nodes } = await readFleetState(store, "edge", "*.example.com");
  expect(nodes.map(({ target }) => target).sort()).toEqual(targets);
});

test("what is damaged is told, hides nothing else, and is replaced by what is found out anew", async () => {
  const store = memoryStore(memoryState());
  await updateFleetState(store, "edge", "a.test", withNode(node("/a")));
  await updateFleetState(store, "edge", "b.test", withNode(node("/b")));
  await store.write("fleets/edge/a.test/nodes.json", Buffer.from("{"));
  await expect(readFleetState(store, "edge", "a.test")).rejects.toMatchObject({ code: "STORE_CORRUPT" });
  const told: string[] = [];
  expect(await readFleetState(store, "edge", "a.test", ({ key }) => told.push(key ?? ""))).toMatchObject({ nodes: [] });
  expect(told).toEqual(["fleets/edge/a.test/nodes.json"]);
  const seen: string[] = [];
  for await (const { certificate } of eachFleetState(store, "edge")) seen.push(certificate);
  expect(seen).toEqual(["b.test"]);
  await updateFleetState(store, "edge", "a.test", withNode(node("/c")));
  expect(await readFleetState(store, "edge", "a.test")).toMatchObject({ nodes: [{ target: "/c" }] });
  // What a newer version wrote is not damaged.
  await store.write("fleets/edge/a.test/nodes.json", Buffer.from('{"format":99}'));
  const newer = { code: "STORE_NEWER_FORMAT" };
  await expect(readFleetState(store, "edge", "a.test", () => {})).rejects.toMatchObject(newer);
  await expect(updateFleetState(store, "edge", "a.test", withNode(node("/d")))).rejects.toMatchObject(newer);
});

test("fleets and certificates are apart", async () => {
  const store = memoryStore(memoryState());
  await updateFleetState(store, "edge", "a.test", withNode(node("/a")));
  await updateFleetState(store, "edge", longName, withNode(node("/b")));
  await updateFleetState(store, "other", "a.test", withNode(node("/c")));

  const seen: unknown[] = [];
  for await (const { certificate, nodes } of eachFleetState(store, "edge")) seen.push([certificate, nodes[0]?.target]);
  expect(seen).toEqual([
    ["a.test", "/a"],
    [longName, "/b"],
  ]);
  expect(await readFleetState(store, "none", "a.test")).toEqual({ fleet: "none", certificate: "a.test", nodes: [] });
});
