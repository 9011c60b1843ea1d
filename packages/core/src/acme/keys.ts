import { createHash, createPrivateKey, createPublicKey, generateKeyPair, type KeyObject } from "node:crypto";
import { promisify } from "node:util";
import { CertwrightError } from "@certwright/provider";

/** The kinds of key Certwright makes, for accounts and certificates. */
export const keyTypes = ["ec256", "ec384", "rsa2048", "rsa3072", "rsa4096"] as const;

/** One of {@link keyTypes}. */
export type KeyType = (typeof keyTypes)[number];

const generatePair = promisify(generateKeyPair);

/** Makes a private key. Default: `ec256` (ECDSA on P-256). */
export async function generateKey(type: KeyType = "ec256"): Promise<KeyObject> {
  if (type === "ec256" || type === "ec384") {
    return (await generatePair("ec", { namedCurve: type === "ec256" ? "P-256" : "P-384" })).privateKey;
  }
  return (await generatePair("rsa", { modulusLength: Number(type.slice(3)) })).privateKey;
}

/** The key as PKCS#8 PEM, the form Certwright stores. */
export function keyToPem(key: KeyObject): string {
  return key.export({ type: "pkcs8", format: "pem" }).toString();
}

/**
 * Reads a private key in PEM: PKCS#8, SEC 1 (`EC PRIVATE KEY`) or PKCS#1 (`RSA PRIVATE KEY`).
 *
 * @param what names the key in errors, such as `account key`.
 * @throws `ACME_KEY_INVALID`, `ACME_KEY_WEAK`. Neither ever holds a part of the key.
 */
export function readKey(pem: string, what = "private key"): KeyObject {
  if (pem.length > 65_536) throw invalid(`The ${what} is far too large to be one`, "Give one private key in PEM.");
  if (/ENCRYPTED/.test(pem)) {
    throw invalid(
      `The ${what} is protected by a passphrase`,
      "Decrypt it first, for example with openssl pkey, and keep it readable by its owner only.",
    );
  }
  let key: KeyObject;
  try {
    key = createPrivateKey(pem);
  } catch {
    // The reason is left out on purpose: parsers like to quote what they read.
    throw invalid(`The ${what} cannot be read`, "Give one private key in PEM: PKCS#8, SEC 1 or PKCS#1.");
  }
  assertUsableKey(createPublicKey(key), what);
  return key;
}

/**
 * Reads a private key in PEM, or as the JWK that certbot keeps (`private_key.json`).
 *
 * @throws as {@link readKey}
 */
export function readKeyOrJwk(text: string, what = "private key"): KeyObject {
  if (!text.trimStart().startsWith("{")) return readKey(text, what);
  let key: KeyObject;
  try {
    key = createPrivateKey({ key: JSON.parse(text), format: "jwk" });
  } catch {
    throw invalid(`The ${what} cannot be read`, "Give the whole JWK, with its private part.");
  }
  assertUsableKey(createPublicKey(key), what);
  return key;
}

/**
 * Refuses a public key no CA would certify: other than EC on P-256, P-384, P-521 or RSA of 2048 to 8192 bits.
 *
 * @throws `ACME_KEY_INVALID`, `ACME_KEY_WEAK`.
 */
export function assertUsableKey(key: KeyObject, what = "key"): void {
  const { modulusLength = 0, namedCurve, publicExponent = 0n } = key.asymmetricKeyDetails ?? {};
  if (key.asymmetricKeyType === "ec") {
    if (["prime256v1", "secp384r1", "secp521r1"].includes(namedCurve ?? "")) return;
    throw invalid(`The ${what} is on the curve ${namedCurve}, which no CA accepts`, "Use P-256 or P-384.");
  }
  if (key.asymmetricKeyType !== "rsa")
    throw invalid(`The ${what} is neither EC nor RSA`, "Use an EC (P-256, P-384) or RSA key.");
  if (modulusLength < 2048) throw weak(`The ${what} is RSA of only ${modulusLength} bits`);
  if (modulusLength > 8192)
    throw invalid(`The ${what} is RSA of ${modulusLength} bits, which no CA accepts`, "Use 2048 to 4096 bits.");
  // CA/Browser Forum baseline requirements, section 6.1.6: odd, and not below 65537.
  if (publicExponent < 65_537n || publicExponent % 2n === 0n)
    throw weak(`The ${what} has the weak RSA exponent ${publicExponent}`);
}

/** Which of {@link keyTypes} a private or public key is; undefined for any other, such as P-521. */
export function keyTypeOf(key: KeyObject): KeyType | undefined {
  const { modulusLength, namedCurve } = key.asymmetricKeyDetails ?? {};
  const name =
    key.asymmetricKeyType === "rsa"
      ? `rsa${modulusLength}`
      : { prime256v1: "ec256", secp384r1: "ec384" }[namedCurve ?? ""];
  return keyTypes.find((type) => type === name);
}

/** SHA-256 of the subject public key info, lower-case hex: the same for a private key, its public key and certificates of it. */
export function keyFingerprint(key: KeyObject): string {
  const publicKey = key.type === "private" ? createPublicKey(key) : key;
  return createHash("sha256")
    .update(publicKey.export({ type: "spki", format: "der" }))
    .digest("hex");
}

/** RFC 7638 thumbprint of a key, base64url. */
export function keyThumbprint(key: KeyObject): string {
  const jwk = (key.type === "private" ? createPublicKey(key) : key).export({ format: "jwk" });
  const members =
    jwk.kty === "RSA" ? { e: jwk.e, kty: jwk.kty, n: jwk.n } : { crv: jwk.crv, kty: jwk.kty, x: jwk.x, y: jwk.y };
  return createHash("sha256").update(JSON.stringify(members)).digest("base64url");
}

function invalid(message: string, hint: string): CertwrightError {
  return new CertwrightError("ACME_KEY_INVALID", message, { hint });
}

function weak(message: string): CertwrightError {
  return new CertwrightError("ACME_KEY_WEAK", message, { hint: "Use P-256, P-384 or RSA of 2048 bits and more." });
}
