import { createPrivateKey, type KeyObject, webcrypto } from "node:crypto";
import type { Identifier } from "@certwright/core";
import { Extension, SubjectAlternativeNameExtension, X509CertificateGenerator } from "@peculiar/x509";

/** id-pe-acmeIdentifier (RFC 8737 section 3). */
const acmeIdentifierOid = "1.3.6.1.5.5.7.1.31";

/** A certificate that answers one challenge, with its key. */
export interface ChallengeCertificate {
  readonly certPem: string;
  readonly key: KeyObject;
}

/**
 * Makes the self-signed certificate of RFC 8737 section 3: one subject alternative name, and `digest`, the SHA-256 of
 * the key authorization, in a critical extension. The key is made for it and thrown away with it.
 */
export async function createChallengeCertificate(
  identifier: Identifier,
  digest: Buffer,
  now: Date,
): Promise<ChallengeCertificate> {
  const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
  const octetString = Buffer.concat([Buffer.from([0x04, digest.length]), digest]);
  const certificate = await X509CertificateGenerator.createSelfSigned(
    {
      name: "CN=ACME challenge",
      notBefore: new Date(now.getTime() - 86_400_000),
      notAfter: new Date(now.getTime() + 7 * 86_400_000),
      keys,
      signingAlgorithm: algorithm,
      extensions: [
        new SubjectAlternativeNameExtension([{ type: identifier.type, value: identifier.value }]),
        new Extension(acmeIdentifierOid, true, octetString),
      ],
    },
    webcrypto as unknown as Parameters<typeof X509CertificateGenerator.createSelfSigned>[1],
  );
  const pkcs8 = await webcrypto.subtle.exportKey("pkcs8", keys.privateKey);
  return {
    certPem: certificate.toString("pem"),
    key: createPrivateKey({ key: Buffer.from(pkcs8), format: "der", type: "pkcs8" }),
  };
}
