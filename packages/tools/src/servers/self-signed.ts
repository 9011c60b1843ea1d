import { webcrypto } from "node:crypto";
import { isIP } from "node:net";
import { PemConverter, SubjectAlternativeNameExtension, X509CertificateGenerator } from "@peculiar/x509";

export interface SelfSigned {
  /** PEM. */
  readonly certificate: string;
  /** PKCS #8 PEM. */
  readonly key: string;
  /** Certificate and key in one PEM text, as HAProxy reads it. */
  readonly pem: string;
}

/** A self-signed ECDSA P-256 certificate for names and addresses, valid from an hour ago for `days` (default 30). */
export async function makeSelfSigned(names: readonly string[], days = 30): Promise<SelfSigned> {
  const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
  const start = Date.now() - 3_600_000;
  const made = await X509CertificateGenerator.createSelfSigned({
    name: [{ CN: [names[0] ?? "localhost"] }],
    notBefore: new Date(start),
    notAfter: new Date(start + days * 86_400_000),
    signingAlgorithm: algorithm,
    keys,
    extensions: [
      new SubjectAlternativeNameExtension(names.map((value) => ({ type: isIP(value) ? "ip" : "dns", value }))),
    ],
  });
  const certificate = `${made.toString("pem").trim()}\n`;
  const key = `${PemConverter.encode(await webcrypto.subtle.exportKey("pkcs8", keys.privateKey), "PRIVATE KEY").trim()}\n`;
  return { certificate, key, pem: certificate + key };
}
