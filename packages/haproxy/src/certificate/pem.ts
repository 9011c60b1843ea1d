import { createPrivateKey, type KeyObject, X509Certificate } from "node:crypto";
import { HaproxyError } from "../errors.ts";
import { type KeyType, type LeafFacts, readFields, readLeaf } from "./leaf.ts";

/** Certificate and key as PEM text. */
export interface PemPair {
  /** Private key, not encrypted. Text around the PEM block is ignored. */
  readonly key: string;
  /** The leaf first, then its issuers; a root at the end is left out, unless it is the only one. */
  readonly chain: string;
}

/** What is pushed, with the facts it is judged and recognised by. Holds a private key. */
export interface Bundle extends LeafFacts {
  /** Leaf and issuers, normalised; and Diffie-Hellman parameters where there are any. */
  readonly certificatesPem: string;
  /** The key, normalised. */
  readonly keyPem: string;
  /** Both in one text, as HAProxy reads them from a file. */
  readonly pem: string;
  /**
   * Whether the key belongs to the leaf. Found out when asked, for that takes longer than all the rest.
   *
   * @throws HaproxyError HAPROXY_BAD_PEM when OpenSSL cannot read one of them
   */
  readonly keyMatches: boolean;
  /** How many issuers follow the leaf. */
  readonly issuers: number;
  /** True for a lone certificate that needs no issuer. */
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
  return bundleReader()(pair);
}

/** {@link readBundle} for many certificates, which mostly have the same issuers: each of those is parsed once. */
export function bundleReader(): (pair: PemPair) => Bundle {
  const issuers = new Map<string, boolean>();
  const isRoot = (block: Block): boolean => {
    const known = issuers.get(block.text);
    if (known !== undefined) return known;
    tellable(readFields, block);
    const root = isSelfSigned(readCertificate(block));
    if (issuers.size < mostIssuers) issuers.set(block.text, root);
    return root;
  };
  return (pair) => {
    const keyBlocks = pemBlocks(pair.key).filter((block) => block.label.endsWith("PRIVATE KEY"));
    const [keyBlock] = keyBlocks;
    if (keyBlocks.length !== 1 || !keyBlock) {
      throw badPem(`there are ${keyBlocks.length} private keys where one should be`);
    }
    if (keyBlock.label === "ENCRYPTED PRIVATE KEY") throw encrypted();
    const blocks = pemBlocks(pair.chain);
    const [leafBlock, ...rest] = blocks.filter((block) => block.label === "CERTIFICATE");
    if (!leafBlock) throw badPem("there is no certificate");
    // No client needs the root, and it can be what makes a request too large. As the only issuer it stays: HAProxy needs
    // one for OCSP, and fails to load a certificate that has a response beside it and no issuer.
    const roots = rest.map(isRoot);
    const sent = roots.length > 1 && roots.at(-1) ? rest.slice(0, -1) : rest;
    const parameters = blocks.filter((block) => block.label === "DH PARAMETERS");
    return bundle(leafBlock, sent, parameters, keyBlock);
  };
}

const mostIssuers = 100;

function bundle(leaf: Block, issuers: readonly Block[], parameters: readonly Block[], key: Block): Bundle {
  const certificatesPem = [leaf, ...issuers, ...parameters].map(({ text }) => text).join("");
  let keyMatches: boolean | undefined;
  return {
    ...readFacts(leaf),
    certificatesPem,
    keyPem: key.text,
    pem: certificatesPem + key.text,
    get keyMatches() {
      keyMatches ??= readCertificate(leaf).checkPrivateKey(readKey(key));
      return keyMatches;
    },
    issuers: issuers.length,
    selfSigned: issuers.length === 0 && isSelfSigned(readCertificate(leaf)),
  };
}

/**
 * The same with the Diffie-Hellman parameters of the file it replaces: without them HAProxy would turn away clients that
 * know no other key exchange.
 */
export function keepParameters(bundle: Bundle, former: string): Bundle {
  const found = former.match(/-----BEGIN DH PARAMETERS-----[A-Za-z0-9+/=\s]+-----END DH PARAMETERS-----/g) ?? [];
  if (found.length === 0 || bundle.certificatesPem.includes("DH PARAMETERS")) return bundle;
  const certificatesPem =
    bundle.certificatesPem +
    pemBlocks(found.join("\n"))
      .map(({ text }) => text)
      .join("");
  return { ...bundle, certificatesPem, pem: certificatesPem + bundle.keyPem };
}

/** The facts of the first certificate of a text. @throws HaproxyError HAPROXY_BAD_PEM */
export function readLeafPem(text: string): LeafFacts {
  const leaf = pemBlocks(text).find(({ label }) => label === "CERTIFICATE");
  if (leaf === undefined) throw badPem("there is no certificate");
  return readFacts(leaf);
}

function readFacts(leaf: Block): LeafFacts {
  return tellable(readLeaf, leaf);
}

function tellable<T>(read: (der: Buffer) => T, { text }: Block): T {
  try {
    return read(Buffer.from(text.slice(text.indexOf("\n"), text.lastIndexOf("\n-")), "base64"));
  } catch (cause) {
    throw badPem(`a certificate cannot be parsed${cause instanceof RangeError ? `: ${cause.message}` : ""}`, cause);
  }
}

// As it should be already, which is worth knowing when there are thousands.
const tidyBody = /^\n(?:[A-Za-z0-9+/]{64}\n)*[A-Za-z0-9+/]{1,64}={0,2}\n$/;

/** The PEM blocks of a text (RFC 7468), normalised; whatever stands between them is dropped. */
export function pemBlocks(text: string): readonly Block[] {
  const blocks: Block[] = [];
  for (const [whole, label = "", body = ""] of text.matchAll(
    /-----BEGIN ([A-Z0-9 ]+)-----([\s\S]*?)-----END \1-----/g,
  )) {
    if (tidyBody.test(body)) {
      blocks.push({ label, text: `${whole}\n` });
      continue;
    }
    if (/^\s*(?:Proc-Type|DEK-Info):/.test(body)) throw encrypted();
    const base64 = body.replace(/\s+/g, "");
    if (!/^[A-Za-z0-9+/]+={0,2}$/.test(base64)) throw badPem(`the body of a ${label} is not base64`);
    const lines = base64.match(/.{1,64}/g) ?? [];
    blocks.push({ label, text: `-----BEGIN ${label}-----\n${lines.join("\n")}\n-----END ${label}-----\n` });
  }
  return blocks;
}

function readKey(block: Block): KeyObject {
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
