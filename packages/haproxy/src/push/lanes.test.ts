import { setImmediate } from "node:timers/promises";
import { expect, test } from "vitest";
import { inLanes, supplyOf } from "./lanes.ts";

async function* slowly(count: number) {
  for (let i = 0; i < count; i++) {
    await setImmediate();
    yield i;
  }
}

test("a supply gives each item once, to several takers at once", async () => {
  for (const items of [[0, 1, 2, 3], slowly(4)]) {
    const supply = supplyOf<number>(items);
    const taken = await Promise.all(Array.from({ length: 6 }, () => supply.next()));
    expect(taken).toEqual([0, 1, 2, 3, undefined, undefined]);
  }
});

test("lanes work side by side, no more than there are, until there is no more to do", async () => {
  let working = 0;
  let most = 0;
  const done: number[] = [];
  const work = async (item: number) => {
    most = Math.max(most, ++working);
    await setImmediate();
    working--;
    done.push(item);
  };
  await inLanes(3, supplyOf(Array.from({ length: 10 }, (_, index) => index)), () => true, work);
  expect(most).toBe(3);
  expect(done.toSorted((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);

  const supply = supplyOf(slowly(10));
  const before = done.length;
  await inLanes(1, supply, () => done.length < before + 2, work);
  expect(await supply.next()).toBe(2);
});

test("a failure stops what has not begun, after what has", async () => {
  const finished: number[] = [];
  const work = async (item: number) => {
    if (item === 1) throw new Error("one");
    await setImmediate();
    await setImmediate();
    finished.push(item);
  };
  await expect(inLanes(2, supplyOf([0, 1, 2, 3]), () => true, work)).rejects.toThrow("one");
  expect(finished).toEqual([0]);
});
