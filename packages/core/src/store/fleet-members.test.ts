import { expect, test } from "vitest";
import { type FleetMember, updateFleetMembers } from "./fleet-members.ts";
import { memoryState, memoryStore } from "./memory-store.ts";

const member = (node: string): FleetMember => ({ node, isSettled: true });
const same = (members: readonly FleetMember[]) => members;

test("runs that change the members of a fleet at the same time lose nothing, and fleets are apart", async () => {
  const store = memoryStore(memoryState());
  const nodes = Array.from({ length: 10 }, (_, index) => `tls://10.0.0.${index}:8443`);
  await Promise.all(nodes.map((node) => updateFleetMembers(store, "edge", (members) => [...members, member(node)])));
  expect((await updateFleetMembers(store, "edge", same)).map(({ node }) => node).sort()).toEqual(nodes);
  expect(await updateFleetMembers(store, "other", same)).toEqual([]);
});

test("what is the same is not written, and what is damaged has no members", async () => {
  const store = memoryStore(memoryState());
  await updateFleetMembers(store, "edge", same);
  expect(await store.list("fleet-members")).toEqual([]);
  await updateFleetMembers(store, "edge", () => [member("/a")]);
  await store.write("fleet-members/edge.json", Buffer.from("{"));
  expect(await updateFleetMembers(store, "edge", same)).toEqual([]);
  expect(await updateFleetMembers(store, "edge", () => [member("/b")])).toEqual([member("/b")]);
  // What a newer version wrote is not damaged.
  await store.write("fleet-members/edge.json", Buffer.from('{"format":99}'));
  await expect(updateFleetMembers(store, "edge", same)).rejects.toMatchObject({ code: "STORE_NEWER_FORMAT" });
});
