import { createTestCa } from "@certwright/tools/test-ca";
import { expect, test } from "vitest";
import { readBundle } from "../certificate/pem.ts";
import { type Candidate, chooseByNames } from "./choose.ts";

const ca = createTestCa("Choose");
const bundleOf = (names: readonly string[], keyType: "ecdsa" | "rsa" = "ecdsa") => {
  const issued = ca.issue({ names, keyType });
  return readBundle({ key: issued.keyPem, chain: issued.fullchainPem });
};
const candidate = (name: string, names: readonly string[], changes: Partial<Candidate> = {}): Candidate => ({
  name,
  names,
  status: "Used",
  algorithm: "EC256",
  ...changes,
});
const unknown = expect.objectContaining({ code: "HAPROXY_CERTIFICATE_UNKNOWN" });
const ambiguous = expect.objectContaining({ code: "HAPROXY_CERTIFICATE_AMBIGUOUS" });

const bundle = bundleOf(["a.test", "b.test"]);

test("the one with exactly our names, before one whose names we all have", () => {
  const part = candidate("/part.pem", ["a.test"]);
  const whole = candidate("/whole.pem", ["b.test", "a.test"]);
  const more = candidate("/more.pem", ["a.test", "b.test", "c.test"]);
  const none = candidate("/none.pem", []);
  expect(chooseByNames(bundle, [part, whole, more, none], "n")).toBe("/whole.pem");
  expect(chooseByNames(bundle, [part, more, none], "n")).toBe("/part.pem");
});

test("of a pair, the one of our key type", () => {
  const pair = [
    candidate("/p.pem.rsa", ["a.test"], { algorithm: "RSA2048" }),
    candidate("/p.pem.ecdsa", ["a.test"], { algorithm: "EC384" }),
  ];
  expect(chooseByNames(bundleOf(["a.test"]), pair, "n")).toBe("/p.pem.ecdsa");
  expect(chooseByNames(bundleOf(["a.test"], "rsa"), pair, "n")).toBe("/p.pem.rsa");
  // A slot of the other type is no place for it; a plain file may change its type.
  expect(() => chooseByNames(bundleOf(["a.test"]), pair.slice(0, 1), "n")).toThrow(unknown);
  const plain = [candidate("/p.pem", ["a.test"], { algorithm: "RSA2048" })];
  expect(chooseByNames(bundleOf(["a.test"]), plain, "n")).toBe("/p.pem");
});

test("what is in use, before what is only loaded", () => {
  const loaded = candidate("/loaded.pem", ["a.test", "b.test"], { status: "Unused" });
  const used = candidate("/used.pem", ["a.test", "b.test"]);
  expect(chooseByNames(bundle, [loaded, used], "n")).toBe("/used.pem");
  expect(chooseByNames(bundle, [loaded], "n")).toBe("/loaded.pem");
});

test("never a guess", () => {
  const two = [candidate("/1.pem", ["a.test", "b.test"]), candidate("/2.pem", ["a.test", "b.test"])];
  expect(() => chooseByNames(bundle, two, "n")).toThrow(ambiguous);
  expect(() => chooseByNames(bundle, two, "n")).toThrow(/\/1\.pem, \/2\.pem/);
  expect(() => chooseByNames(bundle, [], "n")).toThrow(unknown);
  const more = [candidate("/more.pem", ["a.test", "c.test"])];
  expect(() => chooseByNames(bundle, more, "n")).toThrow(
    expect.objectContaining({ hint: expect.stringContaining("/more.pem has some of the names") }),
  );
});
