import { createHash, createPublicKey, generateKeyPairSync, type KeyObject, randomBytes, sign } from "node:crypto";
import { isIP } from "node:net";
import {
  bitString,
  boolean,
  enumerated,
  explicit,
  generalizedTime,
  implicit,
  integer,
  nullValue,
  octetString,
  oid,
  sequence,
  set,
  time,
  utf8String,
} from "@certwright/export/der";

/** Key types a test certificate may have. */
export type TestKeyType = "ecdsa" | "rsa";

/** What to put into a test certificate. */
export interface TestCertificateOptions {
  /** DNS names and IP addresses; the first is also the common name. */
  readonly names: readonly string[];
  /** Default: the first name. */
  readonly commonName?: string;
  /** Default: ecdsa (P-256). RSA keys have 2048 bits. */
  readonly keyType?: TestKeyType;
  /** A key to certify instead of a fresh one. */
  readonly key?: KeyObject;
  /** Default: one hour before now. */
  readonly notBefore?: Date;
  /** Default: 90 days from now. */
  readonly notAfter?: Date;
  /** Hex digits. Default: 16 random bytes. */
  readonly serial?: string;
}

/** A leaf with everything a server needs to present it. PEM values end in a line feed. */
export interface TestCertificate {
  readonly names: readonly string[];
  readonly leafPem: string;
  /** The intermediate, without the root. */
  readonly chainPem: string;
  readonly fullchainPem: string;
  /** PKCS#8. */
  readonly keyPem: string;
  /** Leaf, intermediate and key in one text, as HAProxy reads it. */
  readonly pem: string;
  /** SHA-256 of the leaf, as lower-case hex without colons. */
  readonly fingerprint256: string;
  /** Upper-case hex, without leading zeros. */
  readonly serial: string;
  readonly notBefore: Date;
  readonly notAfter: Date;
}

/** A root and one intermediate that sign whatever a test asks for. Nothing is written to disk. */
export interface TestCa {
  readonly rootPem: string;
  readonly intermediatePem: string;
  issue(options: TestCertificateOptions): TestCertificate;
  /** Lists of what does not count any more: of the intermediate with these leafs, and of the root with nothing. PEM. */
  revoke(certificates: readonly TestCertificate[]): string;
  /** An OCSP response in DER that says the certificate is good, by the intermediate itself (RFC 6960 section 4.2.1). */
  ocspResponse(certificate: Pick<TestCertificate, "serial">): Buffer;
}

const commonName = "2.5.4.3";
const subjectAltName = "2.5.29.17";
const basicConstraints = "2.5.29.19";
const keyUsage = "2.5.29.15";
const extendedKeyUsage = "2.5.29.37";
const subjectKeyIdentifier = "2.5.29.14";
const authorityKeyIdentifier = "2.5.29.35";

interface Signer {
  readonly name: string;
  readonly key: KeyObject;
}

/** Makes a certification authority for tests: a root, an intermediate, and {@link TestCa.issue}. */
export function createTestCa(name = "Test CA", keyType: TestKeyType = "ecdsa"): TestCa {
  const root: Signer = { name: `${name} Root`, key: newKey(keyType) };
  const intermediate: Signer = { name: `${name} Intermediate`, key: newKey(keyType) };
  const lifetime = { notBefore: new Date(Date.now() - 86_400_000), notAfter: new Date(Date.now() + 3650 * 86_400_000) };
  const caExtensions = [
    extension(basicConstraints, sequence(boolean(true)), true),
    extension(keyUsage, bitString(Buffer.from([0x06]), 1), true),
  ];
  const serial = () => `01${randomBytes(15).toString("hex")}`;
  const rootPem = certificate(root, root, { serial: serial(), ...lifetime }, caExtensions).pem;
  const intermediatePem = certificate(root, intermediate, { serial: serial(), ...lifetime }, caExtensions).pem;

  return {
    rootPem,
    intermediatePem,
    ocspResponse: ({ serial: number }) => ocspResponse(intermediate, number),
    issue(options) {
      const key = options.key ?? newKey(options.keyType ?? "ecdsa");
      const fields = {
        serial: options.serial ?? serial(),
        notBefore: options.notBefore ?? new Date(Date.now() - 3_600_000),
        notAfter: options.notAfter ?? new Date(Date.now() + 90 * 86_400_000),
      };
      const leaf = certificate(intermediate, { name: options.commonName ?? options.names[0] ?? "", key }, fields, [
        extension(keyUsage, bitString(Buffer.from([0x80]), 7), true),
        extension(extendedKeyUsage, sequence(oid("1.3.6.1.5.5.7.3.1"), oid("1.3.6.1.5.5.7.3.2"))),
        extension(subjectAltName, sequence(...options.names.map(generalName))),
      ]);
      const keyPem = key.export({ format: "pem", type: "pkcs8" }) as string;
      return {
        names: options.names,
        leafPem: leaf.pem,
        chainPem: intermediatePem,
        fullchainPem: leaf.pem + intermediatePem,
        keyPem,
        pem: leaf.pem + intermediatePem + keyPem,
        fingerprint256: createHash("sha256").update(leaf.der).digest("hex"),
        serial: fields.serial.toUpperCase().replace(/^0+(?=.)/, ""),
        notBefore: fields.notBefore,
        notAfter: fields.notAfter,
      };
    },
    revoke(certificates) {
      return revocationList(intermediate, certificates) + revocationList(root, []);
    },
  };
}

/** A fresh P-256 or RSA-2048 private key. */
export function newKey(type: TestKeyType): KeyObject {
  if (type === "rsa") return generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey;
  return generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey;
}

interface Fields {
  readonly serial: string;
  readonly notBefore: Date;
  readonly notAfter: Date;
}

/** Signs one certificate (RFC 5280 section 4.1). */
function certificate(issuer: Signer, subject: Signer, fields: Fields, extensions: readonly Buffer[]) {
  const algorithm = algorithmOf(issuer);
  const tbs = sequence(
    explicit(0, integer("02")),
    integer(fields.serial),
    algorithm,
    distinguishedName(issuer.name),
    sequence(time(fields.notBefore), time(fields.notAfter)),
    distinguishedName(subject.name),
    publicKeyInfo(subject.key),
    explicit(
      3,
      sequence(
        ...extensions,
        extension(subjectKeyIdentifier, octetString(keyId(subject.key))),
        extension(authorityKeyIdentifier, sequence(implicit(0, keyId(issuer.key)))),
      ),
    ),
  );
  const der = sequence(tbs, algorithm, bitString(sign("sha256", tbs, issuer.key)));
  return { der, pem: pemOf("CERTIFICATE", der) };
}

/** Signs a list of revoked certificates (RFC 5280 section 5.1), good for a day. */
function revocationList(issuer: Signer, certificates: readonly TestCertificate[]): string {
  const algorithm = algorithmOf(issuer);
  const now = time(new Date());
  const revoked = certificates.map(({ serial }) => sequence(integer(serial), now));
  const tbs = sequence(
    integer("01"),
    algorithm,
    distinguishedName(issuer.name),
    now,
    time(new Date(Date.now() + 86_400_000)),
    ...(revoked.length === 0 ? [] : [sequence(...revoked)]),
  );
  return pemOf("X509 CRL", sequence(tbs, algorithm, bitString(sign("sha256", tbs, issuer.key))));
}

function algorithmOf({ key }: Signer): Buffer {
  return key.asymmetricKeyType === "rsa"
    ? sequence(oid("1.2.840.113549.1.1.11"), nullValue())
    : sequence(oid("1.2.840.10045.4.3.2"));
}

function pemOf(label: string, der: Buffer): string {
  const lines = der.toString("base64").match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${label}-----\n${lines.join("\n")}\n-----END ${label}-----\n`;
}

function ocspResponse(issuer: Signer, serial: string): Buffer {
  const sha1 = (data: Buffer) => octetString(createHash("sha1").update(data).digest());
  const now = new Date();
  const id = sequence(
    sequence(oid("1.3.14.3.2.26"), nullValue()),
    sha1(distinguishedName(issuer.name)),
    octetString(publicKeyHash(issuer.key)),
    integer(serial),
  );
  const good = implicit(0, Buffer.alloc(0));
  const until = explicit(0, generalizedTime(new Date(now.getTime() + 86_400_000)));
  const data = sequence(
    explicit(1, distinguishedName(issuer.name)),
    generalizedTime(now),
    sequence(sequence(id, good, generalizedTime(now), until)),
  );
  const basic = sequence(data, algorithmOf(issuer), bitString(sign("sha256", data, issuer.key)));
  return sequence(enumerated(0), explicit(0, sequence(oid("1.3.6.1.5.5.7.48.1.1"), octetString(basic))));
}

function publicKeyInfo(key: KeyObject): Buffer {
  return createPublicKey(key).export({ format: "der", type: "spki" });
}

/** Of the public key's bits alone, without what says its type. */
function publicKeyHash(key: KeyObject): Buffer {
  const info = publicKeyInfo(key);
  // A point of P-256 is its last 65 bytes; what stands before an RSA key of 2048 bits is 24 long.
  const bits = key.asymmetricKeyType === "rsa" ? info.subarray(24) : info.subarray(-65);
  return createHash("sha1").update(bits).digest();
}

function keyId(key: KeyObject): Buffer {
  return createHash("sha1").update(publicKeyInfo(key)).digest();
}

// A common name is limited to 64 characters (RFC 5280 appendix A.1, ub-common-name).
function distinguishedName(name: string): Buffer {
  return sequence(set(sequence(oid(commonName), utf8String(name.slice(0, 64)))));
}

function extension(id: string, value: Buffer, critical = false): Buffer {
  return sequence(oid(id), ...(critical ? [boolean(true)] : []), octetString(value));
}

function generalName(name: string): Buffer {
  return isIP(name) === 0 ? implicit(2, Buffer.from(name, "ascii")) : implicit(7, addressBytes(name));
}

function addressBytes(address: string): Buffer {
  if (isIP(address) === 4) return Buffer.from(address.split(".").map(Number));
  const [head = "", tail] = address.split("::");
  const groups = (text: string) => (text === "" ? [] : text.split(":"));
  const before = groups(head);
  const after = tail === undefined ? [] : groups(tail);
  const zeros = Array.from({ length: 8 - before.length - after.length }, () => "0");
  return Buffer.from([...before, ...zeros, ...after].map((group) => group.padStart(4, "0")).join(""), "hex");
}
