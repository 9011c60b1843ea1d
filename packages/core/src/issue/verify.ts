import type { KeyObject } from "node:crypto";
import { CertwrightError } from "@certwright/provider";
import { keyFingerprint } from "../acme/keys.ts";
import { type CertificateInfo, isIssuedBy } from "../acme/x509.ts";
import type { Identifier } from "../identifier.ts";

/** What a chain from the CA must fit. */
export interface Expected {
  readonly identifiers: readonly Identifier[];
  /** The public half is enough, so a user's own CSR is verified too. */
  readonly key: KeyObject;
  readonly now: Date;
}

/** Seconds a CA's clock may be ahead of ours. */
const clockSkew = 300;

/**
 * Checks what the CA sent before anything live is touched: the chain hangs together, the leaf is for our key and exactly
 * our names, and its dates make sense.
 *
 * @param chain leaf first
 * @throws CertwrightError `CERTIFICATE_WRONG_KEY`, `CERTIFICATE_WRONG_NAMES`, `CERTIFICATE_WRONG_DATES`, `CERTIFICATE_BROKEN_CHAIN`
 */
export function verifyChain(chain: readonly CertificateInfo[], expected: Expected): void {
  const [leaf] = chain;
  if (leaf === undefined) throw refused("CERTIFICATE_BROKEN_CHAIN", "the CA sent no certificate");
  verifyKey(leaf, expected.key);
  verifyNames(leaf, expected.identifiers);
  verifyDates(leaf, expected.now);
  verifyLinks(chain);
}

function verifyKey(leaf: CertificateInfo, key: KeyObject): void {
  if (leaf.isCa) throw refused("CERTIFICATE_BROKEN_CHAIN", "the first certificate the CA sent is a CA certificate");
  if (leaf.keyFingerprint !== keyFingerprint(key))
    throw refused("CERTIFICATE_WRONG_KEY", "the certificate is for another key than the one in our request");
}

function verifyNames(leaf: CertificateInfo, identifiers: readonly Identifier[]): void {
  const names = new Set(leaf.names);
  const missing = identifiers.filter(({ value }) => !names.has(value)).map(({ value }) => value);
  if (missing.length > 0) throw refused("CERTIFICATE_WRONG_NAMES", `the certificate lacks ${missing.join(", ")}`);
  const wanted = new Set(identifiers.map(({ value }) => value));
  const extra = leaf.names.filter((name) => !wanted.has(name));
  if (extra.length > 0)
    throw refused("CERTIFICATE_WRONG_NAMES", `the certificate has names nobody asked for: ${extra.join(", ")}`);
}

function verifyDates(leaf: CertificateInfo, now: Date): void {
  const { notBefore, notAfter } = leaf;
  if (notAfter <= now)
    throw refused(
      "CERTIFICATE_WRONG_DATES",
      `the certificate ended on ${notAfter.toISOString()} already; is this machine's clock right?`,
    );
  if (notBefore.getTime() > now.getTime() + clockSkew * 1000) {
    throw refused(
      "CERTIFICATE_WRONG_DATES",
      `the certificate begins on ${notBefore.toISOString()} only; is this machine's clock right?`,
    );
  }
}

function verifyLinks(chain: readonly CertificateInfo[]): void {
  for (const [index, issuer] of chain.slice(1).entries()) {
    const subject = chain[index];
    if (subject !== undefined && !isIssuedBy(subject, issuer)) {
      throw refused(
        "CERTIFICATE_BROKEN_CHAIN",
        `certificate ${index + 1} of the chain was not issued by the one after it (${issuer.subject})`,
      );
    }
  }
}

function refused(code: string, message: string): CertwrightError {
  return new CertwrightError(code, message, {
    hint: "Nothing was changed; the certificate in use stays. Tell the CA if it happens again.",
  });
}
