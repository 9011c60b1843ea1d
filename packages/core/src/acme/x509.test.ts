import { webcrypto } from "node:crypto";
import {
  AuthorityInfoAccessExtension,
  AuthorityKeyIdentifierExtension,
  Extension,
  SubjectAlternativeNameExtension,
  X509CertificateGenerator,
} from "@peculiar/x509";
import { beforeAll, expect, test } from "vitest";
import { createCsr } from "./csr.ts";
import { generateKey } from "./keys.ts";
import { createFakeIssuer, type FakeIssuer } from "./testing/fake-certificates.ts";
import { isIssuedBy, matchesKey, parseChain, readCertificate } from "./x509.ts";

let issuer: FakeIssuer;
let chain: string;
const keyPromise = generateKey();

beforeAll(async () => {
  issuer = await createFakeIssuer("Fake Root");
  const csr = await createCsr(await keyPromise, [
    { type: "dns", value: "a.example" },
    { type: "ip", value: "2001:db8::1" },
  ]);
  chain = await issuer.issue(csr.der, "00c0ffee");
});

test("a certificate says who, for what, until when", async () => {
  const [leaf, root] = parseChain(chain);
  expect(leaf).toMatchObject({
    serial: "C0FFEE",
    names: ["a.example", "2001:db8::1"],
    subject: "",
    issuer: "Fake Root",
    keyType: "ec256",
    issuerUrls: [],
    ocspUrls: [],
    mustStaple: false,
    isCa: false,
    fingerprint256: expect.stringMatching(/^[0-9a-f]{64}$/),
    fingerprint1: expect.stringMatching(/^[0-9a-f]{40}$/),
    authorityKeyIdentifier: expect.stringMatching(/^[0-9a-f]{40}$/),
  });
  expect(root).toMatchObject({ serial: "01", subject: "Fake Root", issuer: "Fake Root", isCa: true, names: [] });
  if (leaf === undefined || root === undefined) return expect.unreachable();
  expect(matchesKey(leaf, await keyPromise)).toBe(true);
  expect(matchesKey(root, await keyPromise)).toBe(false);
  expect(isIssuedBy(leaf, root)).toBe(true);
  expect(isIssuedBy(root, leaf)).toBe(false);
  expect(readCertificate(leaf.pem).fingerprint256).toBe(leaf.fingerprint256);
  expect(readCertificate(leaf.der).pem).toBe(leaf.pem);
});

test("a certificate of another CA by the same name is not issued by this one", async () => {
  const [leaf] = parseChain(chain);
  const impostor = readCertificate((await createFakeIssuer("Fake Root")).rootPem);
  expect(leaf !== undefined && isIssuedBy(leaf, impostor)).toBe(false);
});

test("access URLs and must-staple are read", async () => {
  const algorithm = { name: "ECDSA", namedCurve: "P-384", hash: "SHA-384" };
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
  const certificate = await X509CertificateGenerator.createSelfSigned({
    serialNumber: "7f",
    name: "O=Only Organisation",
    notBefore: new Date("2026-11-01T00:00:00Z"),
    notAfter: new Date("2026-12-01T00:00:00Z"),
    keys,
    signingAlgorithm: algorithm,
    extensions: [
      new SubjectAlternativeNameExtension([
        { type: "email", value: "a@b.example" },
        { type: "dns", value: "UPPER.example" },
      ]),
      new AuthorityInfoAccessExtension({ caIssuers: "http://ca.example/i.crt", ocsp: "http://ca.example/ocsp" }),
      new Extension("1.3.6.1.5.5.7.1.24", false, Buffer.from("3003020105", "hex")),
      await AuthorityKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  expect(readCertificate(new Uint8Array(certificate.rawData))).toMatchObject({
    names: ["upper.example"],
    issuer: "Only Organisation",
    issuerUrls: ["http://ca.example/i.crt"],
    ocspUrls: ["http://ca.example/ocsp"],
    mustStaple: true,
    keyType: "ec384",
    notBefore: new Date("2026-11-01T00:00:00Z"),
    notAfter: new Date("2026-12-01T00:00:00Z"),
  });
});

test("blank lines, CRLF and spaces at line ends are forgiven and written tidily", () => {
  const untidy = `\r\n${chain.replaceAll("\n", "  \r\n")}\r\n\r\n`;
  expect(
    parseChain(untidy)
      .map(({ pem }) => pem)
      .join(""),
  ).toBe(chain.replaceAll(/\n+/g, "\n"));
});

test.each([
  ["nothing", () => ""],
  ["HTML", () => "<html>404</html>"],
  ["text before", () => `subject=CN\n${chain}`],
  ["text between", () => chain.replace("-----END CERTIFICATE-----\n", "-----END CERTIFICATE-----\nhello\n")],
  ["a cut end", () => chain.slice(0, -100)],
  ["a private key", () => `${chain}-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n`],
  ["damaged base64", () => chain.replace(/\n(.)/, "\n!")],
  ["damaged DER", () => "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----"],
  ["eleven certificates", () => chain.repeat(6)],
  ["two megabytes", () => chain.repeat(2000)],
])("%s is no chain", (_, make) => {
  expect(() => parseChain(make())).toThrow(expect.objectContaining({ code: "ACME_CERTIFICATE_INVALID" }));
});

test("one certificate is not two", () => {
  expect(() => readCertificate(chain)).toThrow(/more than one/);
});
