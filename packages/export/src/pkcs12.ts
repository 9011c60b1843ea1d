import { createCipheriv, createHash, createHmac, createPrivateKey, pbkdf2, randomBytes } from "node:crypto";
import { promisify } from "node:util";
import { bmpString, explicit, implicit, integer, nullValue, octetString, oid, sequence, set } from "./der.ts";
import { deriveBytes, type KdfHash } from "./pkcs12-kdf.ts";

/** What goes into a PKCS#12 file. */
export interface Pkcs12Contents {
  readonly keyPem: string;
  /** Leaf first, PEM. */
  readonly chainPem: string;
  /** The name programs list the entry under. */
  readonly friendlyName: string;
  readonly password: string;
  /** Triple DES and SHA-1, for programs that know nothing newer. Default: AES-256 and SHA-256. */
  readonly legacy?: boolean;
}

const oids = {
  data: "1.2.840.113549.1.7.1",
  encryptedData: "1.2.840.113549.1.7.6",
  x509Certificate: "1.2.840.113549.1.9.22.1",
  friendlyName: "1.2.840.113549.1.9.20",
  localKeyId: "1.2.840.113549.1.9.21",
  shroudedKeyBag: "1.2.840.113549.1.12.10.1.2",
  certBag: "1.2.840.113549.1.12.10.1.3",
  pbes2: "1.2.840.113549.1.5.13",
  pbkdf2: "1.2.840.113549.1.5.12",
  hmacWithSha256: "1.2.840.113549.2.9",
  aes256Cbc: "2.16.840.1.101.3.4.1.42",
  pbeWithShaAnd3KeyTripleDes: "1.2.840.113549.1.12.1.3",
  sha1: "1.3.14.3.2.26",
  sha256: "2.16.840.1.101.3.4.2.1",
} as const;

/** As many as other writers use; some readers refuse a file that costs them more. */
const iterations = 10_000;

const stretch = promisify(pbkdf2);

/** A PKCS#12 file (RFC 7292): the key, encrypted, and the chain, encrypted apart, under one password and one MAC. */
export async function createPkcs12(contents: Pkcs12Contents): Promise<Buffer> {
  const { password, legacy = false } = contents;
  const encrypt = legacy ? tripleDes : aes256;
  const key = createPrivateKey(contents.keyPem).export({ type: "pkcs8", format: "der" });
  const [leaf = Buffer.alloc(0), ...issuers] = certificatesOf(contents.chainPem);
  // What ties the key to its certificate among those of the chain.
  const attributes = set(
    attribute(oids.localKeyId, octetString(createHash("sha1").update(leaf).digest())),
    attribute(oids.friendlyName, bmpString(contents.friendlyName)),
  );
  const certificates = sequence(certificateBag(leaf, attributes), ...issuers.map((der) => certificateBag(der)));
  const shrouded = await encrypt(key, password);
  const sealed = await encrypt(certificates, password);
  const authenticatedSafe = sequence(
    contentInfo(
      oids.encryptedData,
      sequence(integer("00"), sequence(oid(oids.data), sealed.algorithm, implicit(0, sealed.bytes))),
    ),
    contentInfo(
      oids.data,
      octetString(
        sequence(
          sequence(
            oid(oids.shroudedKeyBag),
            explicit(0, sequence(shrouded.algorithm, octetString(shrouded.bytes))),
            attributes,
          ),
        ),
      ),
    ),
  );
  return sequence(
    integer("03"),
    contentInfo(oids.data, octetString(authenticatedSafe)),
    macOf(authenticatedSafe, password, legacy ? "sha1" : "sha256"),
  );
}

function certificatesOf(pem: string): Buffer[] {
  const blocks = pem.matchAll(/-----BEGIN CERTIFICATE-----([A-Za-z0-9+/=\s]+)-----END CERTIFICATE-----/g);
  return Array.from(blocks, ([, base64 = ""]) => Buffer.from(base64, "base64"));
}

function contentInfo(type: string, content: Uint8Array): Buffer {
  return sequence(oid(type), explicit(0, content));
}

function certificateBag(der: Uint8Array, attributes?: Uint8Array): Buffer {
  const value = sequence(oid(oids.x509Certificate), explicit(0, octetString(der)));
  return sequence(oid(oids.certBag), explicit(0, value), ...(attributes === undefined ? [] : [attributes]));
}

function attribute(type: string, value: Uint8Array): Buffer {
  return sequence(oid(type), set(value));
}

interface Encrypted {
  /** AlgorithmIdentifier. */
  readonly algorithm: Buffer;
  readonly bytes: Buffer;
}

/** PBES2 with PBKDF2 over HMAC-SHA-256 and AES-256-CBC (RFC 8018). */
async function aes256(plain: Uint8Array, password: string): Promise<Encrypted> {
  const salt = randomBytes(16);
  const iv = randomBytes(16);
  const key = await stretch(Buffer.from(password, "utf8"), salt, iterations, 32, "sha256");
  const cipher = createCipheriv("aes-256-cbc", key, iv);
  const derivation = sequence(
    octetString(salt),
    integer(iterations.toString(16)),
    sequence(oid(oids.hmacWithSha256), nullValue()),
  );
  return {
    algorithm: sequence(
      oid(oids.pbes2),
      sequence(sequence(oid(oids.pbkdf2), derivation), sequence(oid(oids.aes256Cbc), octetString(iv))),
    ),
    bytes: Buffer.concat([cipher.update(plain), cipher.final()]),
  };
}

/** pbeWithSHAAnd3-KeyTripleDES-CBC (RFC 7292 appendix C). */
async function tripleDes(plain: Uint8Array, password: string): Promise<Encrypted> {
  const salt = randomBytes(8);
  const derive = (purpose: "key" | "iv", length: number) =>
    deriveBytes("sha1", purpose, { password, salt, iterations, length });
  const cipher = createCipheriv("des-ede3-cbc", derive("key", 24), derive("iv", 8));
  return {
    algorithm: sequence(
      oid(oids.pbeWithShaAnd3KeyTripleDes),
      sequence(octetString(salt), integer(iterations.toString(16))),
    ),
    bytes: Buffer.concat([cipher.update(plain), cipher.final()]),
  };
}

function macOf(safe: Uint8Array, password: string, hash: KdfHash): Buffer {
  const salt = randomBytes(16);
  const length = hash === "sha1" ? 20 : 32;
  const key = deriveBytes(hash, "mac", { password, salt, iterations, length });
  const digest = createHmac(hash, key).update(safe).digest();
  return sequence(
    sequence(sequence(oid(oids[hash]), nullValue()), octetString(digest)),
    octetString(salt),
    integer(iterations.toString(16)),
  );
}
