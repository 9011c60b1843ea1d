import { constants, createPrivateKey, type KeyObject, sign } from "node:crypto";
import { ProviderError } from "./errors.ts";

/** What a token is made of. */
export interface JwtParts {
  /** RS256 and ES256: RFC 7518 sections 3.3 and 3.4; PS256: section 3.5. */
  readonly algorithm: "RS256" | "PS256" | "ES256";
  /** The private key in PEM form. */
  readonly key: string;
  readonly claims: Readonly<Record<string, unknown>>;
  /** Added to the header: `kid`. */
  readonly header?: Readonly<Record<string, unknown>>;
}

/**
 * Signs a JSON Web Token (RFC 7519), as service accounts present it for an access token.
 *
 * @throws ProviderError `PROVIDER_AUTH` where the key cannot be read or is of another kind.
 */
export function signJwt({ algorithm, key, claims, header = {} }: JwtParts): string {
  const unsigned = [{ alg: algorithm, typ: "JWT", ...header }, claims]
    .map((part) => Buffer.from(JSON.stringify(part), "utf8").toString("base64url"))
    .join(".");
  const privateKey = readKey(key, algorithm === "ES256" ? "ec" : "rsa");
  const how =
    algorithm === "PS256"
      ? { key: privateKey, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST }
      : { key: privateKey, dsaEncoding: "ieee-p1363" as const };
  return `${unsigned}.${sign("sha256", Buffer.from(unsigned, "ascii"), how).toString("base64url")}`;
}

function readKey(pem: string, type: "rsa" | "ec"): KeyObject {
  let key: KeyObject;
  try {
    key = createPrivateKey(pem);
  } catch {
    // The cause would show what was read.
    throw new ProviderError("PROVIDER_AUTH", "the private key of the credential cannot be read", {
      hint: "It must be a whole, unencrypted key in PEM form, with its line breaks.",
    });
  }
  const isRight =
    key.asymmetricKeyType === type && (type !== "ec" || key.asymmetricKeyDetails?.namedCurve === "prime256v1");
  if (isRight) return key;
  throw new ProviderError(
    "PROVIDER_AUTH",
    `the private key of the credential is not ${type === "rsa" ? "an RSA key" : "a P-256 key"}`,
    {
      hint: "Download the credential again from the vendor.",
    },
  );
}
