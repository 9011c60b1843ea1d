import { type KeyObject, X509Certificate } from "node:crypto";
import { CertwrightError } from "@certwright/provider";
import {
  AuthorityInfoAccessExtension,
  AuthorityKeyIdentifierExtension,
  X509Certificate as ParsedCertificate,
  SubjectAlternativeNameExtension,
} from "@peculiar/x509";
import { type KeyType, keyFingerprint, keyTypeOf } from "./keys.ts";
import { readPemChain, writePem } from "./pem.ts";
import { printable } from "./printable.ts";

/** What one certificate says. */
export interface CertificateInfo {
  /** PEM, lines of 64, one line feed at the end. */
  readonly pem: string;
  readonly der: Buffer;
  /** Upper-case hex without leading zeros, as OpenSSL and HAProxy print it. */
  readonly serial: string;
  readonly notBefore: Date;
  readonly notAfter: Date;
  /** DNS names (lower case) and IP addresses (RFC 5952) of the subject alternative name, in their order. */
  readonly names: readonly string[];
  /** Common name of the subject, empty where it has none. */
  readonly subject: string;
  /** Common name of the issuer, its organisation where it has no common name. */
  readonly issuer: string;
  /** SHA-256 of the DER, lower-case hex. */
  readonly fingerprint256: string;
  /** SHA-1 of the DER, lower-case hex, as HAProxy shows it. */
  readonly fingerprint1: string;
  /** SHA-256 of the subject public key info, lower-case hex. */
  readonly keyFingerprint: string;
  /** Undefined for a kind of key Certwright does not make. */
  readonly keyType: KeyType | undefined;
  readonly publicKey: KeyObject;
  /** The `keyIdentifier` of the authority key identifier, lower-case hex. */
  readonly authorityKeyIdentifier: string | undefined;
  /** Where the issuer's certificate can be had (`caIssuers` of the authority information access). */
  readonly issuerUrls: readonly string[];
  readonly ocspUrls: readonly string[];
  /** True where the TLS feature extension asks for OCSP stapling (RFC 7633). */
  readonly mustStaple: boolean;
  readonly isCa: boolean;
}

/**
 * Reads one certificate, PEM or DER.
 *
 * @throws `ACME_CERTIFICATE_INVALID`.
 */
export function readCertificate(certificate: string | Uint8Array): CertificateInfo {
  if (typeof certificate !== "string") return readDer(Buffer.from(certificate));
  const [der, ...more] = readPemChain(certificate);
  if (der === undefined || more.length > 0) throw invalid("holds more than one certificate");
  return readDer(der);
}

/** Reads a chain in PEM, leaf first, at most 10 certificates. @throws `ACME_CERTIFICATE_INVALID`. */
export function parseChain(pem: string): readonly CertificateInfo[] {
  return readPemChain(pem).map((der, index) => (index === 0 ? readDer(der) : readIssuer(der)));
}

/** A run sees the same few issuers above all of its leaves. */
const issuers = new Map<string, CertificateInfo>();
const mostIssuers = 16;

function readIssuer(der: Buffer): CertificateInfo {
  const key = der.toString("latin1");
  const known = issuers.get(key);
  if (known !== undefined) return known;
  const issuer = readDer(der);
  if (issuers.size >= mostIssuers) issuers.clear();
  issuers.set(key, issuer);
  return issuer;
}

/** Whether the private key belongs to the certificate. */
export function matchesKey(certificate: CertificateInfo, key: KeyObject): boolean {
  return certificate.keyFingerprint === keyFingerprint(key);
}

/** Whether `issuer` signed `certificate`: names and signature, not dates. */
export function isIssuedBy(certificate: CertificateInfo, issuer: CertificateInfo): boolean {
  return (
    new X509Certificate(certificate.der).checkIssued(new X509Certificate(issuer.der)) &&
    isSignedBy(certificate, issuer.publicKey)
  );
}

function isSignedBy(certificate: CertificateInfo, key: KeyObject): boolean {
  try {
    return new X509Certificate(certificate.der).verify(key);
  } catch {
    return false;
  }
}

function readDer(der: Buffer): CertificateInfo {
  try {
    return describe(der, new X509Certificate(der), new ParsedCertificate(der));
  } catch (error) {
    if (error instanceof CertwrightError) throw error;
    throw invalid("is damaged");
  }
}

function describe(der: Buffer, certificate: X509Certificate, parsed: ParsedCertificate): CertificateInfo {
  const access = parsed.getExtension(AuthorityInfoAccessExtension);
  const { publicKey } = certificate;
  return {
    pem: writePem("CERTIFICATE", der),
    der,
    serial: certificate.serialNumber,
    notBefore: parsed.notBefore,
    notAfter: parsed.notAfter,
    names: namesOf(parsed.getExtension(SubjectAlternativeNameExtension)),
    subject: commonName(parsed.subjectName) ?? "",
    issuer: commonName(parsed.issuerName) ?? printable(parsed.issuerName.getField("O")[0] ?? parsed.issuer, 200),
    fingerprint256: plainHex(certificate.fingerprint256),
    fingerprint1: plainHex(certificate.fingerprint),
    keyFingerprint: keyFingerprint(publicKey),
    keyType: keyTypeOf(publicKey),
    publicKey,
    authorityKeyIdentifier: parsed.getExtension(AuthorityKeyIdentifierExtension)?.keyId?.toLowerCase(),
    issuerUrls: (access?.caIssuers ?? [])
      .filter(({ type }) => type === "url")
      .map(({ value }) => printable(value, 2048)),
    ocspUrls: (access?.ocsp ?? []).filter(({ type }) => type === "url").map(({ value }) => printable(value, 2048)),
    mustStaple: demandsStapling(parsed),
    isCa: certificate.ca,
  };
}

/** DNS names and IP addresses of a subject alternative name; other kinds are left out. */
export function namesOf(extension: SubjectAlternativeNameExtension | null): readonly string[] {
  const items = extension?.names.items ?? [];
  return items
    .filter(({ type }) => type === "dns" || type === "ip")
    .map(({ type, value }) => (type === "ip" ? canonicalAddress(value) : printable(value.toLowerCase(), 260)));
}

/** The first common name of a subject or issuer. */
export function commonName(name: { getField(type: string): string[] }): string | undefined {
  const [text] = name.getField("CN");
  return text === undefined ? undefined : printable(text, 200);
}

function canonicalAddress(address: string): string {
  return address.includes(":") && URL.canParse(`http://[${address}]/`)
    ? new URL(`http://[${address}]/`).hostname.slice(1, -1)
    : address;
}

// RFC 7633: SEQUENCE OF INTEGER; 5 is status_request.
function demandsStapling(parsed: ParsedCertificate): boolean {
  const extension = parsed.getExtension("1.3.6.1.5.5.7.1.24");
  return extension !== null && Buffer.from(extension.value).includes(Buffer.from([0x02, 0x01, 0x05]));
}

function plainHex(fingerprint: string): string {
  return fingerprint.replaceAll(":", "").toLowerCase();
}

function invalid(why: string): CertwrightError {
  return new CertwrightError("ACME_CERTIFICATE_INVALID", `The certificate ${why}`, {
    hint: "Give one certificate in PEM; where the CA sent it, tell its operator.",
  });
}
