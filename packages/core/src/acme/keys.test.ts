import { createPublicKey, generateKeyPairSync, type KeyObject } from "node:crypto";
import { describe, expect, test } from "vitest";
import {
  assertUsableKey,
  generateKey,
  keyFingerprint,
  keyThumbprint,
  keyToPem,
  keyTypeOf,
  keyTypes,
  readKey,
  readKeyOrJwk,
} from "./keys.ts";
import { createSigner } from "./signer.ts";
import { isSigned } from "./testing/fake-acme.ts";

test.each(keyTypes)("%s is made, stored, read, and signs", async (type) => {
  const key = await generateKey(type);
  const pem = keyToPem(key);
  expect(pem).toMatch(/^-----BEGIN PRIVATE KEY-----\n/);
  const again = readKey(pem);
  expect(keyTypeOf(again)).toBe(type);
  expect(keyTypeOf(createPublicKey(again))).toBe(type);
  expect(keyFingerprint(again)).toBe(keyFingerprint(createPublicKey(key)));
  const signer = createSigner(again);
  const jws = signer.sign("https://ca.example/x", { a: 1 }, { nonce: "n", kid: "https://ca.example/account/1" });
  const header = JSON.parse(Buffer.from(jws.protected, "base64url").toString());
  expect(header).toEqual({
    alg: { ec256: "ES256", ec384: "ES384" }[type as string] ?? "RS256",
    url: "https://ca.example/x",
    nonce: "n",
    kid: "https://ca.example/account/1",
  });
  expect(isSigned(jws, signer.jwk, header.alg)).toBe(true);
  expect(signer.thumbprint).toBe(keyThumbprint(key));
});

test("the default is ECDSA on P-256", async () => {
  expect(keyTypeOf(await generateKey())).toBe("ec256");
});

test.each([
  [
    "SEC 1",
    () => generateKeyPairSync("ec", { namedCurve: "P-384" }).privateKey.export({ type: "sec1", format: "pem" }),
  ],
  [
    "PKCS#1",
    () => generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey.export({ type: "pkcs1", format: "pem" }),
  ],
])("a key in %s is read and written as PKCS#8", (_, make) => {
  const pem = String(make());
  expect(pem).toMatch(/BEGIN (EC|RSA) PRIVATE KEY/);
  expect(keyToPem(readKey(pem.replaceAll("\n", "\r\n")))).toMatch(/BEGIN PRIVATE KEY/);
});

test("the RFC 7638 example has the RFC's thumbprint", () => {
  const n =
    "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw";
  const key = createPublicKey({ key: { kty: "RSA", n, e: "AQAB" }, format: "jwk" });
  expect(keyThumbprint(key)).toBe("NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs");
});

function publicKey(make: () => { publicKey: KeyObject }): KeyObject {
  return make().publicKey;
}

test.each([
  ["RSA of 1024 bits", "ACME_KEY_WEAK", () => generateKeyPairSync("rsa", { modulusLength: 1024 })],
  [
    "RSA with exponent 3",
    "ACME_KEY_WEAK",
    () => generateKeyPairSync("rsa", { modulusLength: 2048, publicExponent: 3 }),
  ],
  ["Ed25519", "ACME_KEY_INVALID", () => generateKeyPairSync("ed25519")],
  ["a Koblitz curve", "ACME_KEY_INVALID", () => generateKeyPairSync("ec", { namedCurve: "secp256k1" })],
])("%s is refused", (_, code, make) => {
  expect(() => assertUsableKey(publicKey(make))).toThrow(
    expect.objectContaining({ code, hint: expect.stringMatching(/\.$/) }),
  );
});

test("a P-521 key can be used though none is made", () => {
  const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-521" });
  expect(keyTypeOf(readKey(keyToPem(privateKey)))).toBeUndefined();
});

test("an encrypted key says so, and no error holds key material", () => {
  const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const locked = String(privateKey.export({ type: "pkcs8", format: "pem", cipher: "aes-256-cbc", passphrase: "x" }));
  expect(() => readKey(locked)).toThrow(/passphrase/);
  const damaged = keyToPem(privateKey).replace("MIG", "AAA");
  const secret = damaged.split("\n")[1] ?? "?";
  for (const text of [damaged, "", "hello", "x".repeat(100_000)]) {
    try {
      readKey(text, "account key");
      expect.unreachable();
    } catch (error) {
      expect(error).toMatchObject({ code: "ACME_KEY_INVALID" });
      expect(String((error as Error).stack)).not.toContain(secret);
      expect((error as Error).cause).toBeUndefined();
    }
  }
});

describe("a key as other tools keep it", () => {
  test.each(["ec256", "rsa2048"] as const)("%s in PEM and as JWK is the same", async (type) => {
    const key = await generateKey(type);
    const forms = [
      keyToPem(key),
      key.export({ type: type === "ec256" ? "sec1" : "pkcs1", format: "pem" }).toString(),
      ` ${JSON.stringify(key.export({ format: "jwk" }), undefined, 2)}\n`,
    ];
    for (const form of forms) expect(keyFingerprint(readKeyOrJwk(form))).toBe(keyFingerprint(key));
  });

  test("without its private part, cut off, or of another kind is refused without a word of it", async () => {
    const key = await generateKey();
    const jwk = key.export({ format: "jwk" });
    const ed25519 = generateKeyPairSync("ed25519").privateKey.export({ format: "jwk" });
    const { d: _d, ...half } = jwk;
    for (const text of [
      JSON.stringify(half),
      "{}",
      '{"kty":"EC"',
      "",
      keyToPem(key).slice(0, 90),
      JSON.stringify(ed25519),
    ]) {
      expect(() => readKeyOrJwk(text), text).toThrow(expect.objectContaining({ code: "ACME_KEY_INVALID" }));
    }
  });
});
