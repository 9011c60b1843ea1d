import { expect, test } from "vitest";
import { printable } from "./printable.ts";

test("terminal escapes, line breaks and bidirectional marks become spaces", () => {
  expect(printable("a\u001b[2Jb\r\nc\u202ed\u2028e\u009b1mf")).toBe("a [2Jb c d e 1mf");
});

test("long texts are cut", () => {
  expect(printable("x".repeat(5000), 10)).toBe(`${"x".repeat(10)}…`);
});

test("other scripts stay", () => {
  expect(printable("prüfung 検証")).toBe("prüfung 検証");
});
