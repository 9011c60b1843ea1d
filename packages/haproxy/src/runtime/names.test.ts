import { expect, test } from "vitest";
import { canonicalName, covers } from "./names.ts";

test("one spelling per name", () => {
  expect(canonicalName("WWW.Example.Test.")).toBe("www.example.test");
  expect(canonicalName("2001:DB8:0:0:0:0:0:1")).toBe("2001:db8::1");
  expect(canonicalName("192.0.2.1")).toBe("192.0.2.1");
});

test.each([
  ["a.test", true],
  ["x.b.test", true],
  ["*.b.test", true],
  ["b.test", false],
  ["y.x.b.test", false],
  ["*.a.test", false],
  ["192.0.2.1", true],
  ["1.192.0.2", false],
])("covers %s: %s", (name, expected) => {
  expect(covers(["a.test", "*.b.test", "192.0.2.1", "*.192.0.2"], name)).toBe(expected);
});
