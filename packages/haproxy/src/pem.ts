import { createPrivateKey, type KeyObject, X509Certificate } from "node:crypto";
import { HaproxyError } from "./errors.ts";
import { parseAlternativeNames } from "./listings.ts";

/** Certificate and key as PEM text. */
export interface PemPair {
  /** Private key, not encrypted. Text around the PEM block is ignored. */
  readonly key: string;
  /** The leaf first, then its issuers; a root at the end is left out. */
  readonly chain: string;
}

/** Which of the `.rsa`, `.ecdsa` and `.dsa` slots of a multi-certificate bundle a key belongs to. */
export type KeyType = "rsa" | "ecdsa" | "dsa" | "other";

/** What is pushed, with the facts it is judged and recognised by. Holds a private key. */
export interface Bundle {
  /** Leaf and issuers, normalised. */
  readonly certificatesPem: string;
  /** The key, normalised. */
  readonly keyPem: string;
  /** Both in one text, as HAProxy reads them from a file. */
  readonly pem: string;
  readonly keyType: KeyType;
  readonly keyMatches: boolean;
  /** Canonical DNS names and addresses of the leaf. */
  readonly names: readonly string[];
  readonly notBefore: Date;
  readonly notAfter: Date;
  /** Upper-case hex without leading zeros. */
  readonly serial: string;
  /** Upper-case hex. */
  readonly sha1: string;
  /** Lower-case hex. */
  readonly fingerprint256: string;
  /** How many issuers follow the leaf. */
  readonly issuers: number;
  readonly selfSigned: boolean;
}

interface Block {
  readonly label: string;
  /** The block alone: 64 characters a line, line feeds only, none empty. */
  readonly text: string;
}

/**
 * Reads and normalises a certificate with its key. Comments, carriage returns and blank lines go: HAProxy takes an
 * empty line for the end of the payload and what follows for commands.
 *
 * @throws HaproxyError HAPROXY_BAD_PEM
 */
export function readBundle(pair: PemPair): Bundle {
  const keyBlocks = pemBlocks(pair.key).filter((block) => block.label.endsWith("PRIVATE KEY"));
  const [keyBlock] = keyBlocks;
  if (keyBlocks.length !== 1 || !keyBlock)
    throw badPem(`there are ${keyBlocks.length} private keys where one should be`);
  const key = readKey(keyBlock);
  const found = pemBlocks(pair.chain)
    .filter((block) => block.label === "CERTIFICATE")
    .map((block) => ({ block, x509: readCertificate(block) }));
  const [leaf] = found;
  if (!leaf) throw badPem("there is no certificate");
  const last = found.at(-1);
  // No client needs the root, and it can be what makes a request too large.
  const sent = last && found.length > 1 && isSelfSigned(last.x509) ? found.slice(0, -1) : found;

  const certificatesPem = sent.map(({ block }) => block.text).join("");
  return {
    certificatesPem,
    keyPem: keyBlock.text,
    pem: certificatesPem + keyBlock.text,
    keyType: keyTypeOf(leaf.x509.publicKey),
    keyMatches: leaf.x509.checkPrivateKey(key),
    names: [...new Set(parseAlternativeNames(leaf.x509.subjectAltName ?? ""))],
    notBefore: new Date(leaf.x509.validFrom),
    notAfter: new Date(leaf.x509.validTo),
    serial: leaf.x509.serialNumber.toUpperCase().replace(/^0+(?=.)/, ""),
    sha1: leaf.x509.fingerprint.replaceAll(":", "").toUpperCase(),
    fingerprint256: leaf.x509.fingerprint256.replaceAll(":", "").toLowerCase(),
    issuers: sent.length - 1,
    selfSigned: isSelfSigned(leaf.x509),
  };
}

/** The PEM blocks of a text (RFC 7468), normalised; whatever stands between them is dropped. */
export function pemBlocks(text: string): readonly Block[] {
  const blocks: Block[] = [];
  for (const [, label = "", body = ""] of text.matchAll(/-----BEGIN ([A-Z0-9 ]+)-----([\s\S]*?)-----END \1-----/g)) {
    if (/^\s*(?:Proc-Type|DEK-Info):/.test(body)) throw encrypted();
    const base64 = body.replace(/\s+/g, "");
    if (!/^[A-Za-z0-9+/]+={0,2}$/.test(base64)) throw badPem(`the body of a ${label} is not base64`);
    const lines = base64.match(/.{1,64}/g) ?? [];
    blocks.push({ label, text: `-----BEGIN ${label}-----\n${lines.join("\n")}\n-----END ${label}-----\n` });
  }
  return blocks;
}

function readKey(block: Block): KeyObject {
  if (block.label === "ENCRYPTED PRIVATE KEY") throw encrypted();
  try {
    return createPrivateKey(block.text);
  } catch {
    // No cause: an error of the key parser has no place near a log.
    throw badPem("the private key cannot be parsed");
  }
}

function readCertificate(block: Block): X509Certificate {
  try {
    return new X509Certificate(block.text);
  } catch (cause) {
    throw badPem("a certificate cannot be parsed", cause);
  }
}

function keyTypeOf(key: KeyObject): KeyType {
  switch (key.asymmetricKeyType) {
    case "rsa":
    case "rsa-pss":
      return "rsa";
    case "ec":
      return "ecdsa";
    case "dsa":
      return "dsa";
    default:
      return "other";
  }
}

/** The key type behind what HAProxy calls the algorithm: `EC256`, `RSA2048`. */
export function keyTypeOfAlgorithm(algorithm = ""): KeyType {
  if (algorithm.startsWith("RSA")) return "rsa";
  if (algorithm.startsWith("EC")) return "ecdsa";
  return algorithm.startsWith("DSA") ? "dsa" : "other";
}

function isSelfSigned(certificate: X509Certificate): boolean {
  return certificate.subject === certificate.issuer && certificate.verify(certificate.publicKey);
}

function encrypted(): HaproxyError {
  return badPem("the private key is encrypted, and HAProxy has nobody to ask for the password");
}

function badPem(what: string, cause?: unknown): HaproxyError {
  return new HaproxyError("HAPROXY_BAD_PEM", `What should be pushed cannot be used: ${what}.`, {
    ...(cause === undefined ? {} : { cause }),
    hint: "Give one unencrypted private key and the certificate chain, leaf first, both in PEM.",
  });
}
