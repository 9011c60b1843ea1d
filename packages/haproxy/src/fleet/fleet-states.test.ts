import type { TargetResult } from "@certwright/core";
import { memoryState, memoryStore, readFleetState } from "@certwright/core/store";
import { expect, test } from "vitest";
import { isDue, openRecorder, stateAfter } from "./fleet-states.ts";

const [old, current] = ["a".repeat(64), "b".repeat(64)];
const ok = (target: string, served = true): TargetResult => ({ target, ok: true, action: "updated", served });
const failed = (target: string): TargetResult => ({ target, ok: false, error: new Error("down") });

test("a node is due for what it lacks, not before its next try, and for a new certificate at once", () => {
  expect(isDue(undefined, current, 0)).toBe(true);
  const has = stateAfter(undefined, ok("/a"), current, 1_000);
  expect(isDue(has, current, 9e12)).toBe(false);
  const lacks = stateAfter(has, failed("/a"), current, 2_000);
  expect(lacks).toMatchObject({ failures: 1, nextTry: 62_000, accepted: { at: 1_000 } });
  expect([61_999, 62_000].map((now) => isDue(lacks, current, now))).toEqual([false, true]);
  expect(isDue(lacks, old, 2_001)).toBe(true);
  // Written by a clock that was days ahead.
  expect(isDue(stateAfter(has, failed("/a"), current, 9e8), current, 3_000)).toBe(true);
});

test("what a node has all along keeps its moment; a new certificate begins anew", () => {
  const first = stateAfter(undefined, ok("/a"), old, 1_000);
  const again = stateAfter(first, ok("/a"), old, 5_000);
  expect(again).toMatchObject({ accepted: { at: 1_000 }, served: { at: 1_000 }, failures: 0 });
  const renewed = stateAfter(again, ok("/a", false), current, 9_000);
  expect(renewed).toMatchObject({
    wanted: current,
    accepted: { fingerprint256: current, at: 9_000 },
    served: { fingerprint256: old, at: 1_000 },
  });
});

test("a recorder keeps every result, in few writes, and forgets nodes that are gone", async () => {
  const store = memoryStore(memoryState());
  let writes = 0;
  const counting = {
    ...store,
    write: (...args: Parameters<typeof store.write>) => {
      writes += 1;
      return store.write(...args);
    },
  };
  const nodes = Array.from({ length: 20 }, (_, index) => `/node/${index}`);

  const before = openRecorder(store, "edge", ["/gone", ...nodes], () => 1_000);
  before.record("a.test", old, ok("/gone"));
  await before.close();
  const recorder = openRecorder(counting, "edge", nodes, () => 2_000);
  for (const node of nodes) recorder.record("a.test", current, node === "/node/3" ? failed(node) : ok(node));
  await recorder.close();

  const { nodes: states } = await readFleetState(store, "edge", "a.test");
  expect(states.map(({ target }) => target)).toEqual(nodes);
  expect(states.filter(({ failures }) => failures > 0).map(({ target }) => target)).toEqual(["/node/3"]);
  expect(writes).toBe(1);
});

test("a recorder that cannot write says so in the end", async () => {
  const store = { ...memoryStore(memoryState()), write: () => Promise.reject(new Error("disk full")) };
  const recorder = openRecorder(store, "edge", ["/a"], () => 0);
  recorder.record("a.test", current, ok("/a"));
  recorder.record("b.test", current, ok("/a"));
  await expect(recorder.close()).rejects.toThrow("disk full");
});
