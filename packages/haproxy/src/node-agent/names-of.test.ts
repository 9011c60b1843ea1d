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
])("common name %s", (commonName, served) => {
  const { keyPem: key, fullchainPem: chain } = ca.issue({ names: ["a.test", "b.test"], commonName });
  expect(namesOf(readBundle({ key, chain }))).toEqual(served);
});
