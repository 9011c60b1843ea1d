import type { CertificateDetails, SniRow } from "./listings.ts";
import type { Bundle } from "./pem.ts";

/** True when what HAProxy shows is the bundle's certificate. HAProxy knows SHA-1 only; a very long answer lacks it. */
export function isSame(shown: CertificateDetails, bundle: Bundle): boolean {
  return shown.serial === bundle.serial && (shown.sha1 === undefined || shown.sha1 === bundle.sha1);
}

/** True when issuers are the same too, as far as HAProxy shows them. */
export function isIdentical(shown: CertificateDetails, bundle: Bundle): boolean {
  return isSame(shown, bundle) && shown.chainSubjects.length === bundle.issuers;
}

/** Another certificate that answers the same name at the same place. */
export interface Shadow {
  readonly sni: string;
  readonly frontend: string;
  readonly certificate: string;
}

/**
 * Names of our certificate that another file answers too, on the same bind line and for the same key type. Then
 * HAProxy serves whichever it met first, and a push to the other succeeds without any effect.
 */
export function findShadows(rows: readonly SniRow[], certificate: string): readonly Shadow[] {
  const place = (row: SniRow) => `${row.frontend}\t${row.sni}\t${row.type}`;
  // "*" is the default certificate of a bind line, which each line has anyway.
  const ours = new Set(rows.filter((row) => row.certificate === certificate && row.sni !== "*").map(place));
  return rows.filter((row) => row.certificate !== certificate && ours.has(place(row)));
}
