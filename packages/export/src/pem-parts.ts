/** A part of a certificate in PEM. */
export const pemParts = ["leaf", "chain", "key"] as const;

/** One of {@link pemParts}. */
export type PemPart = (typeof pemParts)[number];

/** The order HAProxy and most others read: the certificate, its issuers, the key. */
export const usualOrder: readonly PemPart[] = ["leaf", "chain", "key"];

/** A certificate with its key, in PEM. */
export interface PemMaterial {
  readonly leafPem: string;
  readonly chainPem: string;
  readonly keyPem: string;
}

/** Parts of a certificate in one text, in this order. */
export function joinParts({ leafPem, chainPem, keyPem }: PemMaterial, parts: readonly PemPart[]): string {
  const texts: Readonly<Record<PemPart, string>> = { leaf: leafPem, chain: chainPem, key: keyPem };
  return parts.map((part) => texts[part]).join("");
}

/** Files of their own, by the names other ACME tools made usual, and what is in each. */
export const separateFiles: Readonly<Record<string, readonly PemPart[]>> = {
  "privkey.pem": ["key"],
  "cert.pem": ["leaf"],
  "chain.pem": ["chain"],
  "fullchain.pem": ["leaf", "chain"],
};
