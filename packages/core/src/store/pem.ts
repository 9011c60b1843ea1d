import { createPrivateKey, type KeyObject, X509Certificate } from "node:crypto";
import { StoreError } from "./store-error.ts";

/** What a leaf says of itself. */
export interface LeafFacts {
  readonly notBefore: number;
  readonly notAfter: number;
  /** Upper-case hex, two digits a byte. */
  readonly serial: string;
  /** SHA-256 of the DER, lower-case hex. */
  readonly fingerprint256: string;
  /** `ec256`, `ec384`, `rsa2048`, ...: what the certified key is. */
  readonly keyType: string;
}

/**
 * Reads a leaf and makes sure that the key belongs to it.
 *
 * @throws StoreError `CERTIFICATE_UNREADABLE`, `CERTIFICATE_KEY_MISMATCH`
 */
export function readLeaf(name: string, leafPem: string, keyPem: string | undefined): LeafFacts {
  const leaf = parseLeaf(name, leafPem);
  if (keyPem !== undefined && !leaf.checkPrivateKey(parseKey(name, keyPem))) {
    throw new StoreError("CERTIFICATE_KEY_MISMATCH", `the private key does not belong to the certificate of ${name}`, {
      key: name,
      hint: "The CA may have answered with another certificate; order again. The stored one was left as it is.",
    });
  }
  return {
    notBefore: Date.parse(leaf.validFrom),
    notAfter: Date.parse(leaf.validTo),
    serial: leaf.serialNumber,
    fingerprint256: leaf.fingerprint256.replaceAll(":", "").toLowerCase(),
    keyType: keyTypeOf(leaf.publicKey),
  };
}

/** PEM as every program reads it: line feeds, no blank lines, one line feed at the end. Empty stays empty. */
export function tidyPem(pem: string): string {
  const lines = pem.split(/\r\n|\r|\n/).filter((line) => line.trim() !== "");
  return lines.map((line) => `${line.trimEnd()}\n`).join("");
}

function parseLeaf(name: string, pem: string): X509Certificate {
  try {
    return new X509Certificate(pem);
  } catch (cause) {
    throw new StoreError("CERTIFICATE_UNREADABLE", `what should be the certificate of ${name} cannot be read`, {
      key: name,
      cause,
      hint: "The CA may have answered with something else; order again. The stored one was left as it is.",
    });
  }
}

/** Without the parser's error as the cause: it could quote the key. */
function parseKey(name: string, pem: string): KeyObject {
  try {
    return createPrivateKey(pem);
  } catch {
    throw new StoreError("CERTIFICATE_KEY_MISMATCH", `the private key for ${name} is not a PEM key that can be read`, {
      key: name,
      hint: "Give an unencrypted PEM key (PKCS#8, SEC1 or PKCS#1).",
    });
  }
}

const curves: Readonly<Record<string, string>> = { prime256v1: "ec256", secp384r1: "ec384", secp521r1: "ec521" };

function keyTypeOf(key: KeyObject): string {
  const { asymmetricKeyType: type = "unknown", asymmetricKeyDetails: details = {} } = key;
  if (type === "ec") return curves[details.namedCurve ?? ""] ?? "ec";
  return type === "rsa" ? `rsa${details.modulusLength}` : type;
}
