import type { KeyObject } from "node:crypto";
import type { AcmeClient, CallOptions } from "./client.ts";
import { isProblem } from "./problem.ts";
import type { CertificateInfo } from "./x509.ts";

/** Reasons a subscriber may give (RFC 5280 section 5.3.1), by name. */
export const revocationReasons = {
  unspecified: 0,
  keyCompromise: 1,
  affiliationChanged: 3,
  superseded: 4,
  cessationOfOperation: 5,
} as const;

/** A name of {@link revocationReasons}. */
export type RevocationReason = keyof typeof revocationReasons;

/** How to revoke. */
export interface RevokeOptions extends CallOptions {
  /** Left out: the CA's default, unspecified. */
  readonly reason?: RevocationReason | undefined;
  /** Sign with the certificate's own key in place of the account's, where the account is lost or the key is known to others. */
  readonly certificateKey?: KeyObject | undefined;
}

/**
 * Revokes a certificate (RFC 8555 section 7.6).
 *
 * @returns false where it was revoked before.
 */
export async function revokeCertificate(
  client: AcmeClient,
  certificate: CertificateInfo,
  options: RevokeOptions = {},
): Promise<boolean> {
  const { certificateKey, reason, signal } = options;
  const signing = certificateKey === undefined ? client : client.withKey(certificateKey);
  const payload = {
    certificate: certificate.der.toString("base64url"),
    ...(reason === undefined ? {} : { reason: revocationReasons[reason] }),
  };
  try {
    await signing.postTo("revokeCert", payload, { signal, withPublicKey: certificateKey !== undefined });
    return true;
  } catch (error) {
    if (isProblem(error, "alreadyRevoked")) return false;
    throw error;
  }
}
