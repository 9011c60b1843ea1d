import { expect, test } from "vitest";
import type { Refusal } from "./limit-error.ts";
import { createLine } from "./line.ts";

const refusal = (at: number, key?: string): Refusal => ({
  allowed: false,
  at,
  cause: key === undefined ? "hold" : "limit",
  reason: "x",
  ...(key === undefined ? {} : { line: { key, eachMs: 10 } }),
});

test("those that wait for one limit come back one by one, in the order they came; others do not wait for them", () => {
  const line = createLine();
  expect(["a", "b", "c"].map((name) => line.wait(name, refusal(100, "domain")))).toEqual([100, 110, 120]);
  expect(line.wait("x", refusal(100, "account"))).toBe(100);
  expect(line.wait("y", refusal(500))).toBe(500);
  expect(line.wait("b", refusal(100, "domain"))).toBe(110);
  line.leave("a");
  expect(line.wait("b", refusal(110, "domain"))).toBe(110);
  expect(line.wait("c", refusal(110, "account"))).toBe(120);
  expect(line.wait("d", refusal(110, "domain"))).toBe(120);
});
