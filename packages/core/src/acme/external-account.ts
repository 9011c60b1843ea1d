import { CertwrightError } from "@certwright/provider";
import type { Jws, Signer } from "./signer.ts";

/** What a CA hands out to bind a new ACME account to one made with it elsewhere (RFC 8555 section 7.3.4). */
export interface ExternalAccount {
  readonly keyId: string;
  /** The MAC key in base64url or base64, with or without padding. Secret. */
  readonly hmacKey: string;
}

/** The `externalAccountBinding` of a new account: HS256 over the account's public key. @throws `ACME_EXTERNAL_ACCOUNT_INVALID`. */
export function bindExternalAccount(signer: Signer, url: string, { keyId, hmacKey }: ExternalAccount): Jws {
  const key = hmacKey.trim();
  if (!/^[!-~]{1,1024}$/.test(keyId)) throw invalid("key id is empty or holds spaces");
  if (!/^[A-Za-z0-9+/_-]{16,4096}={0,2}$/.test(key))
    throw invalid("HMAC key is not base64url or base64, or is too short");
  return signer.bind(url, keyId, Buffer.from(key, "base64").toString("base64url"));
}

function invalid(why: string): CertwrightError {
  return new CertwrightError("ACME_EXTERNAL_ACCOUNT_INVALID", `The external account's ${why}`, {
    hint: "Copy both values exactly as the CA shows them.",
  });
}
