import { dnsError } from "./errors.ts";
import { normalizeName } from "./name.ts";

/** The algorithms of RFC 8945 section 6 that are still fit for use, and what Node calls their hash. */
export const tsigHashes = {
  "hmac-sha1": "sha1",
  "hmac-sha224": "sha224",
  "hmac-sha256": "sha256",
  "hmac-sha384": "sha384",
  "hmac-sha512": "sha512",
} as const;

/** An algorithm a {@link TsigKey} may have. */
export type TsigAlgorithm = keyof typeof tsigHashes;

/** A shared key that signs requests, as the server's configuration has it. */
export interface TsigKey {
  readonly name: string;
  /** Default: hmac-sha256. A trailing dot and capitals are taken too. */
  readonly algorithm?: string | undefined;
  /** In base64. */
  readonly secret: string;
}

/** A key that was checked and can be used. */
export interface UsableTsigKey {
  readonly name: string;
  readonly algorithm: TsigAlgorithm;
  readonly secret: Buffer;
}

/**
 * Checks a key.
 * @throws DNS_TSIG_KEY_INVALID, which never holds the secret, or DNS_BAD_NAME for the key's name.
 */
export function readTsigKey({ name, algorithm = "hmac-sha256", secret }: TsigKey): UsableTsigKey {
  const plain = algorithm.toLowerCase().replace(/\.$/, "");
  if (!isAlgorithm(plain)) {
    const known = Object.keys(tsigHashes).join(", ");
    throw dnsError("DNS_TSIG_KEY_INVALID", `${JSON.stringify(algorithm)} is not a TSIG algorithm in use`, {
      hint: `Use one of ${known}; hmac-md5 is not secure and not supported.`,
    });
  }
  const text = secret.trim();
  const bytes = Buffer.from(text, "base64");
  if (bytes.length === 0 || !/^[A-Za-z0-9+/]+={0,2}$/.test(text) || bytes.toString("base64") !== padded(text)) {
    throw dnsError("DNS_TSIG_KEY_INVALID", `the secret of the TSIG key ${name} is not base64`, {
      hint: "Copy the secret from the server's key statement, without quotation marks.",
    });
  }
  return { name: normalizeName(name), algorithm: plain, secret: bytes };
}

function isAlgorithm(text: string): text is TsigAlgorithm {
  return Object.hasOwn(tsigHashes, text);
}

function padded(text: string): string {
  const bare = text.replace(/=+$/, "");
  return bare.padEnd(Math.ceil(bare.length / 4) * 4, "=");
}
