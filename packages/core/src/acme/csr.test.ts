import { createPrivateKey, generateKeyPairSync, webcrypto } from "node:crypto";
import { Pkcs10CertificateRequestGenerator, SubjectAlternativeNameExtension } from "@peculiar/x509";
import { expect, test } from "vitest";
import { createCsr, readCsr } from "./csr.ts";
import { generateKey, keyFingerprint, keyTypes } from "./keys.ts";
import { writePem } from "./pem.ts";

const dns = (value: string) => ({ type: "dns" as const, value });
const names = [
  dns("example.com"),
  dns("*.example.com"),
  { type: "ip" as const, value: "192.0.2.7" },
  { type: "ip" as const, value: "2001:db8::1" },
];

test.each(keyTypes)("a request with a key of type %s names everything asked for, signed", async (type) => {
  const key = await generateKey(type);
  const { der } = await createCsr(key, names);
  const read = await readCsr(writePem("CERTIFICATE REQUEST", der));
  expect(read.identifiers).toEqual(names);
  expect(read.keyType).toBe(type);
  expect(keyFingerprint(read.publicKey)).toBe(keyFingerprint(key));
  expect(read.der.equals(der)).toBe(true);
});

test("a hundred names fit", async () => {
  const hundred = Array.from({ length: 100 }, (_, index) => dns(`host-${index}.example.com`));
  const { der } = await createCsr(await generateKey(), hundred);
  expect((await readCsr(der)).identifiers).toEqual(hundred);
});

async function customCsr(name: string, sans: readonly string[], bits = 2048): Promise<Buffer> {
  const { privateKey, publicKey } = generateKeyPairSync("rsa", { modulusLength: bits });
  const algorithm = { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" };
  const keys = {
    privateKey: await webcrypto.subtle.importKey(
      "pkcs8",
      privateKey.export({ type: "pkcs8", format: "der" }),
      algorithm,
      true,
      ["sign"],
    ),
    publicKey: await webcrypto.subtle.importKey(
      "spki",
      publicKey.export({ type: "spki", format: "der" }),
      algorithm,
      true,
      ["verify"],
    ),
  };
  const extensions =
    sans.length === 0 ? [] : [new SubjectAlternativeNameExtension(sans.map((value) => ({ type: "dns", value })))];
  const csr = await Pkcs10CertificateRequestGenerator.create({ name, keys, signingAlgorithm: algorithm, extensions });
  return Buffer.from(csr.rawData);
}

test("a request by others: case and doubles are tidied, the common name is one of the names", async () => {
  const der = await customCsr("CN=Example.COM, O=Somebody", ["Example.com", "www.example.com", "example.COM"]);
  expect((await readCsr(der)).identifiers).toEqual([dns("example.com"), dns("www.example.com")]);
});

test.each([
  ["a common name that is no SAN", () => customCsr("CN=other.example", ["a.example"]), "ACME_CSR_INVALID"],
  ["no names", () => customCsr("CN=a.example", []), "ACME_CSR_INVALID"],
  ["a weak key", () => customCsr("", ["a.example"], 1024), "ACME_KEY_WEAK"],
])("%s is refused", async (_, make, code) => {
  await expect(readCsr(await make())).rejects.toMatchObject({ code, hint: expect.stringMatching(/\.$/) });
});

test("a request signed by another key is refused", async () => {
  const { der } = await createCsr(await generateKey(), names);
  const last = der.length - 1;
  der[last] = (der[last] ?? 0) ^ 1;
  await expect(readCsr(der)).rejects.toMatchObject({ code: "ACME_CSR_INVALID" });
});

test.each([
  "",
  "hello",
  "-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n-----END CERTIFICATE REQUEST-----",
  "A".repeat(300_000),
])("what is no request is refused (%#)", async (text) => {
  await expect(readCsr(text)).rejects.toMatchObject({ code: "ACME_CSR_INVALID" });
});

test("a private key in the place of a request is refused without being shown", async () => {
  const key = createPrivateKey(
    generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey.export({ type: "pkcs8", format: "pem" }),
  );
  const pem = String(key.export({ type: "pkcs8", format: "pem" }));
  const error = await readCsr(pem).catch((reason: unknown) => reason);
  expect(error).toMatchObject({ code: "ACME_CSR_INVALID" });
  expect(String((error as Error).stack)).not.toContain(pem.split("\n")[1]);
});
