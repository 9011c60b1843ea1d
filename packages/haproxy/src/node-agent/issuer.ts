import { X509Certificate } from "node:crypto";
import { type Bundle, pemBlocks } from "../certificate/pem.ts";
import { HaproxyError } from "../errors.ts";
import type { AllowList } from "./allow-list.ts";

/** The CAs of a PEM file. @throws Error when there is none, or one cannot be read */
export function readIssuers(pem: string): readonly X509Certificate[] {
  const issuers = certificatesOf(pem);
  if (issuers.length === 0) throw new Error("there is no certificate in it");
  return issuers;
}

/**
 * Refuses a certificate that no CA of those allowed has signed, itself or through the issuers that came with it. Who has
 * a client's key, but no such CA, cannot put something in its place that nobody trusts.
 *
 * @throws HaproxyError HAPROXY_AGENT_ISSUER, HAPROXY_BAD_PEM
 */
export function refuseIssuer({ certificatesPem }: Bundle, { issuers: allowed }: AllowList): void {
  if (allowed.length === 0) return;
  const [leaf, ...others] = certificatesIn(certificatesPem);
  const left = new Set(others.filter(({ ca }) => ca));
  for (let current = leaf; current !== undefined; ) {
    const signed: X509Certificate = current;
    if (allowed.some((issuer) => isSignedBy(signed, issuer))) return;
    current = [...left].find((issuer) => isSignedBy(signed, issuer));
    if (current !== undefined) left.delete(current);
  }
  throw new HaproxyError(
    "HAPROXY_AGENT_ISSUER",
    "The certificate comes from no CA that the node agent takes them from.",
    {
      hint: "On the node, --allow-issuer has the CAs; the chain must lead there.",
    },
  );
}

function isSignedBy(certificate: X509Certificate, issuer: X509Certificate): boolean {
  return certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey);
}

function certificatesIn(pem: string): readonly X509Certificate[] {
  try {
    return certificatesOf(pem);
  } catch (cause) {
    throw new HaproxyError("HAPROXY_BAD_PEM", "What should be pushed cannot be used: a certificate cannot be parsed.", {
      cause,
      hint: "Give the certificate chain in PEM, leaf first.",
    });
  }
}

function certificatesOf(pem: string): readonly X509Certificate[] {
  return pemBlocks(pem)
    .filter(({ label }) => label === "CERTIFICATE")
    .map(({ text }) => new X509Certificate(text));
}
