import { createTestCa } from "@certwright/tools/test-ca";
import { expect, test } from "vitest";
import { readBundle } from "../certificate/pem.ts";
import type { Candidate } from "./choose.ts";
import { indexOf } from "./many-names.ts";

const ca = createTestCa();
const bundleFor = (...names: string[]) => {
  const { keyPem, fullchainPem } = ca.issue({ names });
  return readBundle({ key: keyPem, chain: fullchainPem });
};
const held = (name: string, ...names: string[]): Candidate => ({ name, status: "Used", names, algorithm: "EC256" });

test("finds among many what a push of one would find", () => {
  const index = indexOf(
    [
      held("/c/a.pem", "a.test", "www.a.test"),
      held("/c/b.pem", "b.test"),
      held("/c/wild.pem", "*.w.test"),
      held("/c/deep.pem", "x.y.test"),
      held("/c/twice1.pem", "t.test"),
      held("/c/twice2.pem", "t.test"),
    ],
    "/admin.sock",
  );
  expect(index.find(bundleFor("a.test", "www.a.test"))).toBe("/c/a.pem");
  expect(index.find(bundleFor("b.test", "new.b.test"))).toBe("/c/b.pem");
  expect(index.find(bundleFor("*.w.test"))).toBe("/c/wild.pem");
  expect(index.find(bundleFor("*.y.test"))).toBe("/c/deep.pem");
});

test("leaves to a push of its own what is unknown, ambiguous, or would lose names", () => {
  const index = indexOf(
    [held("/c/a.pem", "a.test", "www.a.test"), held("/c/1.pem", "t.test"), held("/c/2.pem", "t.test")],
    "/admin.sock",
  );
  expect(index.find(bundleFor("unknown.test"))).toBeUndefined();
  expect(index.find(bundleFor("t.test"))).toBeUndefined();
  expect(index.find(bundleFor("a.test"))).toBeUndefined();
});
