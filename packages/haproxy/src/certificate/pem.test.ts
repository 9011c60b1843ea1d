import { generateKeyPairSync } from "node:crypto";
import { createTestCa } from "@certwright/tools/test-ca";
import { expect, test } from "vitest";
import { keyTypeOfAlgorithm, readBundle } from "./pem.ts";

const ca = createTestCa("Pem");
const issued = ca.issue({ names: ["A.test", "*.b.test", "192.0.2.1"], serial: "00ab" });
const bad = expect.objectContaining({ code: "HAPROXY_BAD_PEM" });

test("the facts of a certificate with its key", () => {
  const bundle = readBundle({ key: issued.keyPem, chain: issued.fullchainPem });
  expect(bundle).toMatchObject({
    pem: issued.pem,
    certificatesPem: issued.fullchainPem,
    keyPem: issued.keyPem,
    keyType: "ecdsa",
    keyMatches: true,
    names: ["a.test", "*.b.test", "192.0.2.1"],
    serial: "AB",
    fingerprint256: issued.fingerprint256,
    issuers: 1,
    selfSigned: false,
  });
  expect(bundle.sha1).toMatch(/^[0-9A-F]{40}$/);
});

test("comments, carriage returns, blank lines, long lines and the root go", () => {
  const untidy = (pem: string) =>
    `# a comment\r\n\r\n${pem.replaceAll("\n", "\r\n").replace("-----\r\n", "-----\r\n\r\n")}\r\n\r\n`;
  const oneLine = issued.leafPem.replace(/(?<!-)\n(?!-)/g, "");
  const chain = `${untidy(oneLine)}${untidy(ca.intermediatePem)}${untidy(ca.rootPem)}`;
  expect(readBundle({ key: untidy(issued.keyPem), chain }).pem).toBe(issued.pem);
});

test("a root that is the only issuer is kept", () => {
  const chain = `${issued.leafPem}${ca.rootPem}`;
  expect(readBundle({ key: issued.keyPem, chain })).toMatchObject({ issuers: 1, certificatesPem: chain });
});

test("a self-signed certificate alone is kept", () => {
  const { key } = { key: issued.keyPem };
  expect(readBundle({ key, chain: ca.rootPem })).toMatchObject({ issuers: 0, selfSigned: true, keyMatches: false });
});

test("key types", () => {
  const rsa = ca.issue({ names: ["r.test"], keyType: "rsa" });
  expect(readBundle({ key: rsa.keyPem, chain: rsa.fullchainPem }).keyType).toBe("rsa");
  expect(["EC256", "RSA2048", "DSA1024", undefined].map(keyTypeOfAlgorithm)).toEqual(["ecdsa", "rsa", "dsa", "other"]);
});

test("what cannot be used is refused, and never shown", () => {
  const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const encrypted = (type: "pkcs8" | "sec1") =>
    privateKey.export({ type, format: "pem", cipher: "aes-256-cbc", passphrase: "secret" }) as string;
  for (const key of ["", issued.keyPem + issued.keyPem, issued.fullchainPem, encrypted("pkcs8"), encrypted("sec1")]) {
    expect(() => readBundle({ key, chain: issued.fullchainPem })).toThrow(bad);
  }
  const broken = issued.keyPem.replace(/M[A-Za-z0-9]{6}/, "AAAAAAA");
  const failure = (() => {
    try {
      return readBundle({ key: broken, chain: issued.fullchainPem }).keyMatches;
    } catch (error) {
      return error;
    }
  })();
  expect(failure).toMatchObject({ code: "HAPROXY_BAD_PEM" });
  expect(failure).not.toHaveProperty("cause");
  for (const chain of ["", issued.keyPem, "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"]) {
    expect(() => readBundle({ key: issued.keyPem, chain })).toThrow(bad);
  }
});
