import type { KeyObject } from "node:crypto";
import HttpClient from "acme-client/src/http.js";
import { keyThumbprint } from "./keys.ts";

/** A flattened JWS (RFC 7515 section 7.2.2), the form of every ACME request body. */
export interface Jws {
  readonly protected: string;
  readonly payload: string;
  readonly signature: string;
}

/** What goes into the protected header besides `alg` and `url`. */
export interface JwsHeader {
  readonly nonce?: string;
  /** The account URL; where absent the public key is sent instead (RFC 8555 section 6.2). */
  readonly kid?: string;
}

/** Signs with one key. */
export interface Signer {
  readonly jwk: Readonly<Record<string, string>>;
  /** RFC 7638, base64url. */
  readonly thumbprint: string;
  /** `payload` null makes a POST-as-GET (RFC 8555 section 6.3). */
  sign(url: string, payload: object | null, header?: JwsHeader): Jws;
  /** The external account binding of this key (RFC 8555 section 7.3.4): HS256 by the CA's HMAC key, base64url. */
  bind(url: string, keyId: string, hmacKey: string): Jws;
}

/** acme-client signs; it never sends. Every way from it to the network ends here. */
class JwsClient extends HttpClient {
  override request(): Promise<never> {
    throw new Error("acme-client must not send requests of its own");
  }
}

/** A signer for an EC or RSA private key. */
export function createSigner(key: KeyObject): Signer {
  const client = new JwsClient("", key);
  const jwk = client.getJwk();
  return {
    jwk,
    thumbprint: keyThumbprint(key),
    sign: (url, payload, header = {}) => client.createSignedBody(url, payload, header),
    bind: (url, keyId, hmacKey) => client.createSignedHmacBody(hmacKey, url, jwk, { kid: keyId }),
  };
}
