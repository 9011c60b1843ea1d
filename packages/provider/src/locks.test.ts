import { describe, expect, test } from "vitest";
import { mapLimited } from "./limited.ts";
import { createLocks } from "./locks.ts";

const turn = () => new Promise(setImmediate);

describe("locks", () => {
  test("one holder per key, in the order asked, others meanwhile", async () => {
    const { hold } = createLocks();
    const log: string[] = [];
    const work = (name: string) => async () => {
      log.push(`${name}+`);
      await turn();
      log.push(`${name}-`);
      return name;
    };
    const answers = await Promise.all([hold(["a"], work("1")), hold(["a"], work("2")), hold(["b"], work("3"))]);
    expect(answers).toEqual(["1", "2", "3"]);
    expect(log.indexOf("1-")).toBeLessThan(log.indexOf("2+"));
    expect(log.indexOf("3+")).toBeLessThan(log.indexOf("1-"));
  });

  test("several keys in any order never stand in each other's way for good", async () => {
    const { hold } = createLocks();
    let inside = 0;
    const alone = async () => {
      expect(++inside).toBe(1);
      await turn();
      inside--;
    };
    await Promise.all([
      hold(["a", "b"], alone),
      hold(["b", "a"], alone),
      hold(["b", "c"], alone),
      hold(["a", "a"], async () => turn()),
    ]);
  });

  test("a failure frees the key", async () => {
    const { hold } = createLocks();
    const failing = hold(["a"], async () => Promise.reject(new Error("no")));
    await expect(failing).rejects.toThrow("no");
    expect(await hold(["a"], async () => 7)).toBe(7);
  });
});

describe("mapLimited", () => {
  test("runs no more than the limit, and answers in order", async () => {
    let running = 0;
    let most = 0;
    const answers = await mapLimited(
      [1, 2, 3, 4, 5],
      async (item) => {
        most = Math.max(most, ++running);
        await turn();
        running--;
        return item * 2;
      },
      { limit: 2 },
    );
    expect([answers, most]).toEqual([[2, 4, 6, 8, 10], 2]);
  });

  test("starts nothing after a final failure, goes on after another, and throws the first", async () => {
    const started: number[] = [];
    const fail = async (item: number) => {
      started.push(item);
      await turn();
      throw new Error(`no ${item}`);
    };
    await expect(mapLimited([1, 2, 3, 4], fail, { limit: 2 })).rejects.toThrow("no 1");
    expect(started).toEqual([1, 2]);
    await expect(mapLimited([5, 6, 7], fail, { limit: 2, isFinal: () => false })).rejects.toThrow("no 5");
    expect(started).toEqual([1, 2, 5, 6, 7]);
  });
});
