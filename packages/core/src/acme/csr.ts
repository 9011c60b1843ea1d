import { createPublicKey, type KeyObject } from "node:crypto";
import { isIP } from "node:net";
import { CertwrightError } from "@certwright/provider";
import { Pkcs10CertificateRequest, SubjectAlternativeNameExtension } from "@peculiar/x509";
import crypto from "acme-client/src/crypto/index.js";
import type { Identifier } from "../identifier.ts";
import { assertUsableKey, type KeyType, keyToPem, keyTypeOf } from "./keys.ts";
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

/**
 * Makes a request for the given names, all of them in the subject alternative name and none as common name, since
 * certificates no longer need one and it holds 64 characters at most.
 */
export async function createCsr(key: KeyObject, identifiers: readonly Identifier[]): Promise<CertificateRequest> {
  const [, pem] = await crypto.createCsr({ altNames: identifiers.map(({ value }) => value) }, keyToPem(key));
  const der = Buffer.from(crypto.getPemBodyAsB64u(pem), "base64url");
  return { der, identifiers, keyType: keyTypeOf(key), publicKey: createPublicKey(key) };
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
