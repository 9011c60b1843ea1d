import { X509Certificate } from "node:crypto";
import { describe, expect, test } from "vitest";
import { createTestCa } from "./test-ca.ts";

describe.each(["ecdsa", "rsa"] as const)("a test CA with %s keys", (keyType) => {
  const ca = createTestCa("Units", keyType);
  const names = ["a.example.test", "*.b.example.test", "192.0.2.7", "2001:db8::1"];
  const issued = ca.issue({ names, keyType, serial: "00ab12" });
  const leaf = new X509Certificate(issued.leafPem);

  test("signs a chain OpenSSL accepts", () => {
    const intermediate = new X509Certificate(ca.intermediatePem);
    const root = new X509Certificate(ca.rootPem);
    expect(leaf.verify(intermediate.publicKey)).toBe(true);
    expect(leaf.checkIssued(intermediate)).toBe(true);
    expect(intermediate.verify(root.publicKey)).toBe(true);
    expect(intermediate.ca && root.ca).toBe(true);
  });

  test("writes the names, the serial, the dates and the key asked for", () => {
    expect(leaf.subjectAltName).toBe(
      "DNS:a.example.test, DNS:*.b.example.test, IP Address:192.0.2.7, IP Address:2001:DB8:0:0:0:0:0:1",
    );
    expect(leaf.serialNumber.replace(/^0+/, "")).toBe("AB12");
    expect(issued.serial).toBe("AB12");
    expect(Math.abs(new Date(leaf.validTo).getTime() - issued.notAfter.getTime())).toBeLessThan(1000);
    expect(leaf.fingerprint256.replaceAll(":", "").toLowerCase()).toBe(issued.fingerprint256);
    expect(leaf.publicKey.asymmetricKeyType).toBe(keyType === "rsa" ? "rsa" : "ec");
  });
});

test("dates from 2050 on are written as RFC 5280 wants them", () => {
  const far = createTestCa().issue({ names: ["x.test"], notAfter: new Date("2051-02-03T04:05:06Z") });
  expect(new Date(new X509Certificate(far.leafPem).validTo).toISOString()).toBe("2051-02-03T04:05:06.000Z");
});
