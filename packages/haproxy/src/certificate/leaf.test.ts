import { X509Certificate } from "node:crypto";
import { createTestCa } from "@certwright/tools/test-ca";
import { describe, expect, test } from "vitest";
import { readLeaf } from "./leaf.ts";

const ca = createTestCa("Leaf");
const derOf = (pem: string) => new X509Certificate(pem).raw;

describe.each(["ecdsa", "rsa"] as const)("a certificate with an %s key", (keyType) => {
  test.each([
    ["a few names", { names: ["A.example.test", "*.b.example.test", "192.0.2.7", "2001:db8::1", "a.example.test"] }],
    ["very many names", { names: Array.from({ length: 300 }, (_, i) => `name-${i}.example.test`) }],
    ["a small serial", { names: ["a.test"], serial: "01" }],
    ["a large serial", { names: ["a.test"], serial: "ff".repeat(20) }],
    [
      "dates far away",
      { names: ["a.test"], notBefore: new Date("1999-12-31T23:59:59Z"), notAfter: new Date("2051-02-03T04:05:06Z") },
    ],
  ])("reads %s as OpenSSL does", (_, options) => {
    const der = derOf(ca.issue({ ...options, keyType }).leafPem);
    const openssl = new X509Certificate(der);
    const names = (openssl.subjectAltName ?? "").split(", ").map((name) => name.replace(/^[^:]*:/, "").toLowerCase());
    expect(readLeaf(der)).toEqual({
      serial: openssl.serialNumber.replace(/^0+/, ""),
      notBefore: new Date(openssl.validFrom),
      notAfter: new Date(openssl.validTo),
      names: [...new Set(names.map((name) => (name.startsWith("2001:db8") ? "2001:db8::1" : name)))],
      keyType,
      sha1: openssl.fingerprint.replaceAll(":", ""),
      fingerprint256: openssl.fingerprint256.replaceAll(":", "").toLowerCase(),
    });
  });
});

test("a CA's certificate has no names", () => {
  expect(readLeaf(derOf(ca.rootPem))).toMatchObject({ names: [], keyType: "ecdsa" });
});

test("a name with a line feed is refused, which would end HAProxy's answer in its middle", () => {
  for (const certificate of [
    ca.issue({ names: ["a.test"], commonName: "a\n\nCommitting /b.pem.\nSuccess!" }),
    createTestCa("Line\nfeed").issue({ names: ["a.test"] }),
  ]) {
    expect(() => readLeaf(derOf(certificate.leafPem))).toThrow("a line feed in a name");
  }
  // A byte of that value elsewhere is none.
  expect(readLeaf(derOf(ca.issue({ names: ["10.10.10.10"], serial: "0a0a" }).leafPem)).names).toEqual(["10.10.10.10"]);
});

test("what is damaged is refused, wherever the damage is, and never hangs", () => {
  const der = derOf(ca.issue({ names: ["a.test", "192.0.2.7"] }).leafPem);
  for (let length = 0; length < der.length; length++) {
    expect(() => readLeaf(der.subarray(0, length)), `cut at ${length}`).toThrow(RangeError);
  }
  expect(() => readLeaf(Buffer.concat([der, Buffer.from([5, 0])]))).toThrow(RangeError);
  for (let at = 0; at < der.length; at++) {
    for (const value of [0x00, 0x1f, 0x80, 0x84, 0xff]) {
      const damaged = Buffer.from(der);
      damaged[at] = value;
      try {
        expect(readLeaf(damaged).names.every((name) => /^[\x21-\x7e]+$/.test(name))).toBe(true);
      } catch (error) {
        expect(error, `byte ${at} as ${value}`).toBeInstanceOf(RangeError);
      }
    }
  }
});
