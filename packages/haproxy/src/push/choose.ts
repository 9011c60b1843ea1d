import type { KeyType, LeafFacts } from "../certificate/leaf.ts";
import { keyTypeOfAlgorithm } from "../certificate/pem.ts";
import { HaproxyError } from "../errors.ts";
import type { CertificateDetails } from "../runtime/listings.ts";
import { covers } from "../runtime/names.ts";

/** The facts of a certificate that matter when looking for the one it replaces. */
export type Replacement = Pick<LeafFacts, "names" | "keyType">;

/** The facts of a certificate HAProxy holds that matter when looking for the one to replace. */
export type Candidate = Pick<CertificateDetails, "name" | "status" | "names" | "algorithm">;

/**
 * Finds the certificate a bundle is meant to replace when nobody named it: the one with exactly our names; else the
 * one whose names we all have. A pair of RSA and ECDSA certificates is told apart by key type. Never guesses.
 *
 * @throws HaproxyError HAPROXY_CERTIFICATE_UNKNOWN, HAPROXY_CERTIFICATE_AMBIGUOUS
 */
export function chooseByNames(bundle: Replacement, candidates: readonly Candidate[], node: string): string {
  const named = candidates.filter((candidate) => candidate.names.length > 0);
  const covered = named.filter(({ names }) => names.every((name) => covers(bundle.names, name)));
  const equal = covered.filter(({ names }) => bundle.names.every((name) => names.includes(name)));
  const found = equal.length > 0 ? equal : covered;
  const [only, ...more] = preferred(found, bundle.keyType);
  if (only && more.length === 0) return only.name;
  if (only) {
    throw new HaproxyError(
      "HAPROXY_CERTIFICATE_AMBIGUOUS",
      `${more.length + 1} certificates in ${node} could be replaced: ${sample([only, ...more])}.`,
      { node, hint: "Say which by its name in HAProxy, or push to each." },
    );
  }
  const related = named.filter(({ names }) => names.some((name) => bundle.names.includes(name)));
  throw new HaproxyError(
    "HAPROXY_CERTIFICATE_UNKNOWN",
    `${node} has no certificate for ${bundle.names.slice(0, 5).join(", ")}${bundle.names.length > 5 ? ", …" : ""}.`,
    {
      node,
      hint:
        related.length > 0
          ? `${sample(related)} has some of the names, and others that would be lost; name the certificate to replace.`
          : "To add it, name a directory or list of HAProxy's: ?add=/etc/haproxy/certs/ after the address, `add` in a configuration. To replace one of other names: ?certificate=NAME, `certificate`.",
    },
  );
}

// The fitting key type first; what is really in use before what is only loaded.
function preferred(candidates: readonly Candidate[], keyType: KeyType): readonly Candidate[] {
  const fitting = candidates.filter(({ algorithm }) => keyTypeOfAlgorithm(algorithm) === keyType);
  const typed = fitting.length > 0 ? fitting : candidates.filter(({ name }) => !/\.(rsa|ecdsa|dsa)$/.test(name));
  const used = typed.filter(({ status }) => status === "Used");
  return used.length > 0 ? used : typed;
}

function sample(candidates: readonly Candidate[]): string {
  const names = candidates.slice(0, 5).map(({ name }) => name);
  return names.join(", ") + (candidates.length > 5 ? ` and ${candidates.length - 5} more` : "");
}
