import { createTestCa } from "@certwright/tools/test-ca";
import { expect, test } from "vitest";
import { readBundle } from "../certificate/pem.ts";
import { namesOf } from "./names-of.ts";

const ca = createTestCa();

test.each([
  ["a.test", ["a.test", "b.test"]],
  ["Other.Test", ["a.test", "b.test", "other.test"]],
  ["*.test", ["a.test", "b.test", "*.test"]],
  ["A friendly name", ["a.test", "b.test"]],
  ["other.test\0 A friendly name", ["a.test", "b.test", "other.test"]],
  ["other.test\0\u2028", ["a.test", "b.test", "other.test"]],
])("common name %j", (commonName, served) => {
  const { keyPem: key, fullchainPem: chain } = ca.issue({ names: ["a.test", "b.test"], commonName });
  expect(namesOf(readBundle({ key, chain }))).toEqual(served);
});
