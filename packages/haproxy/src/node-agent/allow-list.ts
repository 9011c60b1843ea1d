import type { X509Certificate } from "node:crypto";
import { basename, dirname } from "node:path/posix";
import { HaproxyError } from "../errors.ts";
import type { CertificateDetails } from "../runtime/listings.ts";
import { canonicalName, covers } from "../runtime/names.ts";

/** What clients of a node agent may bring, and where to. */
export interface AllowList {
  /** Names certificates may have: `example.com`, `*.example.com` for it and one label in its place, `*` for any. */
  readonly names: readonly string[];
  /**
   * Certificates that may be changed, as HAProxy names them; `/etc/haproxy/certs/*` for all of one folder. Empty: every
   * one whose names are allowed.
   */
  readonly certificates: readonly string[];
  /** Lists new certificates may be attached to, as HAProxy names them. */
  readonly lists: readonly string[];
  /** Map of HAProxy that answers to http-01 go into, for the names above. Left out: none is answered. */
  readonly httpMap?: string | undefined;
  /** Whether HAProxy may be had to order those certificates anew that it obtains by itself. Default: no. */
  readonly renew?: boolean;
  /** CAs of which one must have signed them. Empty: any, and none. */
  readonly issuers: readonly X509Certificate[];
}

/**
 * What the file of a new certificate may be called: nothing that means more than a file in a line of a crt-list, and no
 * ending HAProxy reads beside another file (`.key`, `.ocsp`). Files that begin with a dot it does not load.
 */
export const newFile = /^\w[\w.:@+-]*\.(?:pem|crt)$/;

/**
 * Refuses a certificate with a name that is not allowed.
 *
 * @throws HaproxyError HAPROXY_AGENT_NAMES
 */
export function refuseNames(names: readonly string[], { names: allowed }: AllowList): void {
  const refused = names.filter((name) => !isAllowed(name, allowed));
  if (names.length > 0 && refused.length === 0) return;
  const shown = refused.slice(0, 5).join(", ") + (refused.length > 5 ? ` and ${refused.length - 5} more` : "");
  throw new HaproxyError(
    "HAPROXY_AGENT_NAMES",
    names.length === 0
      ? "The node agent takes no certificate without names."
      : `The node agent takes no certificate for ${shown}.`,
    { hint: "On the node, --allow-name says which names it takes." },
  );
}

function isAllowed(name: string, allowed: readonly string[]): boolean {
  return allowed.includes("*") || covers(allowed.map(canonicalName), name);
}

/**
 * Refuses to change what is not allowed to be changed: a certificate of other names, a file somewhere else.
 *
 * @param present what HAProxy has under the name
 * @throws HaproxyError HAPROXY_AGENT_PLACE
 */
export function refuseChange(name: string, present: CertificateDetails | undefined, allow: AllowList): void {
  // "crt multi.pem" stands for multi.pem.rsa and multi.pem.ecdsa.
  const spellings = [name, name.replace(/\.(?:rsa|ecdsa|dsa)$/, "")];
  const named = spellings.filter((each) => allow.certificates.some((pattern) => fits(each, pattern)));
  // In a folder, a new file is none that another one there is read with.
  if (named.some((each) => present !== undefined || allow.certificates.includes(each) || newFile.test(basename(each))))
    return;
  if (allow.certificates.length > 0)
    throw notAllowed(name, "On the node, --allow-certificate says which it may change.");
  if (present === undefined) {
    if (allow.lists.some((list) => isBeside(name, list))) return;
    throw notAllowed(
      name,
      "A new certificate goes into the folder of a list of --allow-add, or --allow-certificate names it.",
    );
  }
  // One without names, such as what HAProxy shows to its own servers, is told by its name alone.
  if (present.names.length > 0 && present.names.every((each) => isAllowed(each, allow.names))) return;
  throw notAllowed(name, "It has other names than those allowed; on the node, --allow-certificate can name it.");
}

function fits(name: string, pattern: string): boolean {
  if (!pattern.endsWith("/*")) return name === pattern;
  const folder = pattern.slice(0, -1);
  return name.startsWith(folder) && /^[^/]+$/.test(name.slice(folder.length));
}

// In a directory of certificates, or in the folder of a crt-list.
function isBeside(name: string, list: string): boolean {
  if (!list.startsWith("/") || !newFile.test(basename(name))) return false;
  return [list.replace(/(.)\/+$/, "$1"), dirname(list)].includes(dirname(name));
}

/**
 * Refuses a list nothing may be attached to.
 *
 * @throws HaproxyError HAPROXY_AGENT_PLACE
 */
export function refuseList(list: string | undefined, { lists }: AllowList): void {
  const same = (one: string) => one.replace(/(.)\/+$/, "$1");
  if (list === undefined || lists.some((each) => same(each) === same(list))) return;
  throw new HaproxyError("HAPROXY_AGENT_PLACE", `The node agent may not attach certificates to ${list}.`, {
    hint: "On the node, --allow-add says to which lists it may.",
  });
}

function notAllowed(certificate: string, hint: string): HaproxyError {
  return new HaproxyError("HAPROXY_AGENT_PLACE", `The node agent may not change ${certificate}.`, {
    certificate,
    hint,
  });
}
