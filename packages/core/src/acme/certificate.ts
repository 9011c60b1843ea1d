import { X509Certificate } from "node:crypto";
import { rootCertificates } from "node:tls";
import { isCertwrightError } from "@certwright/provider";
import type { AcmeAnswer, AcmeClient, CallOptions } from "./client.ts";
import { AcmeProblem } from "./problem.ts";
import { type CertificateInfo, parseChain } from "./x509.ts";

/** How to choose among the chains a CA offers. */
export interface DownloadOptions extends CallOptions {
  /**
   * The chain wanted: the common name of its topmost certificate's issuer, or the SHA-256 (hex, colons allowed) of its
   * root or of any CA certificate in it. Without it, alternates are not even asked for.
   */
  readonly preferredChain?: string | undefined;
  /** Roots to know fingerprints of, in PEM; CAs leave the root out of the chain. Default: those of Node. */
  readonly roots?: readonly string[] | undefined;
}

/** A downloaded chain. */
export interface DownloadedChain {
  /** Leaf first. */
  readonly certificates: readonly CertificateInfo[];
  /** All of them in PEM, leaf first. */
  readonly pem: string;
  /** False where a chain was wanted that the CA does not offer, so that this is its default. */
  readonly preferred: boolean;
}

const accept = "application/pem-certificate-chain";
/** A CA offers two or three; more are not looked at. */
const mostAlternates = 8;

/**
 * Downloads the certificate of a valid order with its chain (RFC 8555 section 7.4.2).
 *
 * @throws `ACME_CERTIFICATE_INVALID` for anything but 1 to 10 certificates in PEM.
 */
export async function downloadCertificate(
  client: AcmeClient,
  url: string,
  options: DownloadOptions = {},
): Promise<DownloadedChain> {
  const { preferredChain, signal } = options;
  const answer = await client.postAsGet(url, { signal, accept });
  const standard = parseChain(answer.text);
  if (preferredChain === undefined) return chainOf(standard, true);
  const wanted = matcher(preferredChain, options.roots ?? rootCertificates);
  if (wanted(standard)) return chainOf(standard, true);
  for (const alternate of alternateUrls(answer)) {
    const chain = await downloadAlternate(client, alternate, signal);
    // An alternate is another way up from the same leaf; one with another leaf is a fault.
    if (chain[0]?.fingerprint256 === standard[0]?.fingerprint256 && wanted(chain)) return chainOf(chain, true);
  }
  return chainOf(standard, false);
}

/** Empty where the CA refuses it, or sends something else: a wish is no reason to have no certificate. */
async function downloadAlternate(
  client: AcmeClient,
  url: string,
  signal: AbortSignal | undefined,
): Promise<readonly CertificateInfo[]> {
  try {
    return parseChain((await client.postAsGet(url, { signal, accept })).text);
  } catch (error) {
    if (error instanceof AcmeProblem || (isCertwrightError(error) && error.code === "ACME_CERTIFICATE_INVALID"))
      return [];
    throw error;
  }
}

function chainOf(certificates: readonly CertificateInfo[], preferred: boolean): DownloadedChain {
  return { certificates, pem: certificates.map(({ pem }) => pem).join(""), preferred };
}

function alternateUrls({ links, url }: AcmeAnswer): readonly string[] {
  const alternates = links.filter(({ rel }) => rel.split(/\s+/).includes("alternate"));
  return alternates
    .filter((link) => URL.canParse(link.url, url))
    .slice(0, mostAlternates)
    .map((link) => new URL(link.url, url).href);
}

function matcher(preferredChain: string, roots: readonly string[]): (chain: readonly CertificateInfo[]) => boolean {
  const fingerprint = preferredChain.replaceAll(":", "").toLowerCase();
  if (!/^[0-9a-f]{64}$/.test(fingerprint)) return (chain) => chain.at(-1)?.issuer === preferredChain;
  const root = roots
    .map((pem) => new X509Certificate(pem))
    .find((each) => each.fingerprint256.replaceAll(":", "").toLowerCase() === fingerprint);
  return (chain) =>
    chain.slice(1).some((each) => each.fingerprint256 === fingerprint) || (root !== undefined && isUnder(chain, root));
}

function isUnder(chain: readonly CertificateInfo[], root: X509Certificate): boolean {
  const top = chain.at(-1);
  if (top === undefined) return false;
  const certificate = new X509Certificate(top.der);
  return certificate.checkIssued(root) && certificate.verify(root.publicKey);
}
