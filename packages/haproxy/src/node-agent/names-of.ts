import { X509Certificate } from "node:crypto";
import type { Bundle } from "../certificate/pem.ts";
import { HaproxyError } from "../errors.ts";
import { canonicalName } from "../runtime/names.ts";

/**
 * Every name HAProxy would serve a certificate for. Other than browsers, it takes the common name for one as well, also
 * where there are alternative names.
 *
 * @throws HaproxyError HAPROXY_BAD_PEM
 */
export function namesOf({ names, certificatesPem }: Pick<Bundle, "names" | "certificatesPem">): readonly string[] {
  // HAProxy reads as far as the first NUL. And no client can ask for one with a blank in it.
  const read = commonNames(certificatesPem).map((name) => name.replace(/\0.*$/s, ""));
  const common = read.filter((name) => /^\S+$/.test(name));
  return [...new Set([...names, ...common.map(canonicalName)])];
}

function commonNames(pem: string): readonly string[] {
  try {
    // One certificate may have several.
    const common: unknown = new X509Certificate(pem).toLegacyObject().subject?.CN;
    return [common].flat().filter((name) => typeof name === "string");
  } catch (cause) {
    throw new HaproxyError("HAPROXY_BAD_PEM", "What should be pushed cannot be used: a certificate cannot be parsed.", {
      cause,
      hint: "Give the certificate chain in PEM, leaf first.",
    });
  }
}
