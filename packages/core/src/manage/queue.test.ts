import { expect, test } from "vitest";
import type { Refusal } from "./limit-error.ts";
import { createQueue } from "./queue.ts";

const refusal = (at: number, key?: string): Refusal => ({
  allowed: false,
  at,
  cause: key === undefined ? "hold" : "limit",
  reason: "x",
  ...(key === undefined ? {} : { queue: { key, eachMs: 10 } }),
});

test("those that wait for one limit come back one by one, in the order they came; others do not wait for them", () => {
  const queue = createQueue();
  expect(["a", "b", "c"].map((name) => queue.wait(name, refusal(100, "domain")))).toEqual([100, 110, 120]);
  expect(queue.wait("x", refusal(100, "account"))).toBe(100);
  expect(queue.wait("y", refusal(500))).toBe(500);
  expect(queue.wait("b", refusal(100, "domain"))).toBe(110);
  queue.leave("a");
  expect(queue.wait("b", refusal(110, "domain"))).toBe(110);
  expect(queue.wait("c", refusal(110, "account"))).toBe(120);
  expect(queue.wait("d", refusal(110, "domain"))).toBe(120);
});
