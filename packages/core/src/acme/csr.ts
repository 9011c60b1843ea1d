import { createPublicKey, type KeyObject, sign } from "node:crypto";
import { isIP } from "node:net";
import { promisify } from "node:util";
import { CertwrightError } from "@certwright/provider";
import { Pkcs10CertificateRequest, SubjectAlternativeNameExtension } from "@peculiar/x509";
import type { Identifier } from "../identifier.ts";
import { addressBytes } from "./address.ts";
import { bitString, octetString, oid, sequence, set, tlv } from "./der.ts";
import { assertUsableKey, type KeyType, keyTypeOf } from "./keys.ts";
import { commonName, namesOf } from "./x509.ts";

/** A certificate signing request (PKCS#10), checked. */
export interface CertificateRequest {
  readonly der: Buffer;
  /** DNS names (lower case) and IP addresses, in the request's order, without duplicates. */
  readonly identifiers: readonly Identifier[];
  /** Undefined for a kind of key Certwright does not make, such as P-521. */
  readonly keyType: KeyType | undefined;
  readonly publicKey: KeyObject;
}

/** Content of the object identifiers in a request, in hex. */
const oids = {
  extensionRequest: "2a864886f70d01090e",
  subjectAltName: "551d11",
  ecdsaWithSha256: "2a8648ce3d040302",
  ecdsaWithSha384: "2a8648ce3d040303",
  sha256WithRsa: "2a864886f70d01010b",
};

const signInPool = promisify<string, Uint8Array, KeyObject, Buffer>(sign);

/**
 * Makes a request (RFC 2986) for the given names, all of them in the subject alternative name and none as common name,
 * since certificates no longer need one and it holds 64 characters at most.
 */
export async function createCsr(key: KeyObject, identifiers: readonly Identifier[]): Promise<CertificateRequest> {
  const publicKey = createPublicKey(key);
  const names = sequence(...identifiers.map(generalName));
  const extensions = sequence(sequence(oid(oids.subjectAltName), octetString(names)));
  const info = sequence(
    tlv(0x02, Buffer.of(0)),
    sequence(),
    publicKey.export({ type: "spki", format: "der" }),
    tlv(0xa0, sequence(oid(oids.extensionRequest), set(extensions))),
  );
  const { algorithm, hash } = signatureOf(key);
  const der = sequence(info, algorithm, bitString(await signInPool(hash, info, key)));
  return { der, identifiers, keyType: keyTypeOf(key), publicKey };
}

/** RFC 5280 section 4.2.1.6. */
function generalName({ type, value }: Identifier): Buffer {
  return type === "ip" ? tlv(0x87, addressBytes(value)) : tlv(0x82, Buffer.from(value, "latin1"));
}

function signatureOf({ asymmetricKeyType, asymmetricKeyDetails }: KeyObject): { algorithm: Buffer; hash: string } {
  if (asymmetricKeyType === "rsa") return { algorithm: sequence(oid(oids.sha256WithRsa), tlv(0x05)), hash: "sha256" };
  if (asymmetricKeyDetails?.namedCurve === "secp384r1")
    return { algorithm: sequence(oid(oids.ecdsaWithSha384)), hash: "sha384" };
  return { algorithm: sequence(oid(oids.ecdsaWithSha256)), hash: "sha256" };
}

/**
 * Reads a request somebody else made, PEM or DER.
 *
 * @throws `ACME_CSR_INVALID` where it cannot be read, its signature is wrong, it has no names, or its common name is
 *   not among them; `ACME_KEY_WEAK`, `ACME_KEY_INVALID`.
 */
export async function readCsr(csr: string | Uint8Array): Promise<CertificateRequest> {
  if (csr.length > 262_144) throw invalid("is far too large to be one");
  const parsed = parse(csr);
  if (!(await parsed.verify().catch(() => false))) throw invalid("has a wrong signature");
  const publicKey = createPublicKey({ key: Buffer.from(parsed.publicKey.rawData), format: "der", type: "spki" });
  assertUsableKey(publicKey, "key of the certificate signing request");
  const extension = parsed.extensions.find((each) => each instanceof SubjectAlternativeNameExtension);
  const names = [...new Set(namesOf(extension ?? null))];
  const common = commonName(parsed.subjectName)?.toLowerCase();
  if (names.length === 0) throw invalid("has no names in its subject alternative name");
  if (common !== undefined && !names.includes(common))
    throw invalid(`has the common name ${common}, which is not in its subject alternative name`);
  return {
    der: Buffer.from(parsed.rawData),
    identifiers: names.map((value) => ({ type: isIP(value) ? "ip" : "dns", value })),
    keyType: keyTypeOf(publicKey),
    publicKey,
  };
}

function parse(csr: string | Uint8Array): Pkcs10CertificateRequest {
  try {
    return new Pkcs10CertificateRequest(typeof csr === "string" ? csr.trim() : Buffer.from(csr));
  } catch {
    throw invalid("cannot be read");
  }
}

function invalid(why: string): CertwrightError {
  return new CertwrightError("ACME_CSR_INVALID", `The certificate signing request ${why}`, {
    hint: "Give one PKCS#10 request in PEM that lists every name as a subject alternative name.",
  });
}
