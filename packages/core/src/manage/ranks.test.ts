import { expect, test } from "vitest";
import { createRanks } from "./ranks.ts";

test("ranks are those of a sorted list, whoever comes, moves or goes", () => {
  const ranks = createRanks();
  const plain = new Map<string, number>();
  let state = 7;
  const next = (below: number): number => {
    state = (state * 48_271) % 2_147_483_647;
    return state % below;
  };
  for (let turn = 0; turn < 3000; turn += 1) {
    const name = `c${next(60)}`;
    if (next(4) === 0) {
      ranks.remove(name);
      plain.delete(name);
    } else {
      const order = next(20);
      plain.set(name, order);
      const ahead = [...plain].filter(([other, at]) => at < order || (at === order && other < name));
      expect(ranks.place(name, order)).toBe(ahead.length);
    }
    expect(ranks.size).toBe(plain.size);
  }
});
