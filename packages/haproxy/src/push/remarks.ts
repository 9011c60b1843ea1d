import type { Bundle } from "../certificate/pem.ts";
import type { FilePlan } from "../disk/files.ts";
import type { CertificateDetails } from "../runtime/listings.ts";
import type { Found } from "./discover.ts";

/* What a push that succeeds should still tell its person: pure sentences. */

/** Remarks known before anything is changed. */
export function remarksBefore(bundle: Bundle, found: Found, plan: FilePlan): readonly string[] {
  const remarks: string[] = [];
  if (bundle.issuers === 0 && !bundle.selfSigned) {
    remarks.push("The certificate comes without its issuers; many clients will not trust it.");
    if (found.present?.ocspKey !== undefined) {
      remarks.push(
        "HAProxy had an OCSP response for it: a .ocsp file there makes its next start fail without an issuer.",
      );
    }
  }
  if (plan.kind === "none") {
    remarks.push(`No file was written (${plan.reason}); a reload brings back what the files hold.`);
  }
  const { way } = found;
  if (way?.kind === "frontend") {
    remarks.push(`A reload forgets the new entry; add "ssl-f-use crt ${found.name}" to frontend ${way.list.slice(1)}.`);
  }
  if (way?.kind === "crt-list" && plan.kind === "none") {
    remarks.push(`A reload forgets the new entry; add ${found.name} to ${way.list}.`);
  }
  return remarks;
}

/** Remarks on what HAProxy shows afterwards. */
export function remarksAfter(
  { name, present }: Pick<Found, "name" | "present">,
  { status, ocspKey }: Pick<CertificateDetails, "status" | "ocspKey">,
  notes: string,
): readonly string[] {
  const remarks: string[] = [];
  // A response is for one certificate only, and HAProxy forgets it with that.
  if (present?.ocspKey !== undefined && ocspKey === undefined) {
    remarks.push(
      `HAProxy staples no OCSP response to ${name} any more, as it did to the former: give it one for the new certificate by "set ssl cert ${name}.ocsp" and in its .ocsp file.`,
    );
  }
  if (notes !== "") remarks.push(`HAProxy says: ${notes}`);
  if (status !== "Used") remarks.push(`No bind line of the running configuration uses ${name}.`);
  return remarks;
}
