import type { CertificateDetails, SniRow } from "../runtime/listings.ts";
import type { Bundle } from "./pem.ts";

/** True when what HAProxy shows is the bundle's certificate. HAProxy knows SHA-1 only; a very long answer lacks it. */
export function isSame(shown: CertificateDetails, { serial, sha1 }: Pick<Bundle, "serial" | "sha1">): boolean {
  return shown.serial === serial && (shown.sha1 === undefined || shown.sha1 === sha1);
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
 * Names of our certificates that another file answers too, on the same bind line and for the same key type. Then
 * HAProxy serves whichever it met first, and a push to the other succeeds without any effect.
 */
export function findShadows(rows: readonly SniRow[], certificates: ReadonlySet<string>): readonly Shadow[] {
  const place = (row: SniRow) => `${row.frontend}\t${row.sni}\t${row.type}`;
  // "*" is the default certificate of a bind line, which each line has anyway.
  const named = rows.filter((row) => row.sni !== "*");
  const ours = new Map(
    named.filter((row) => certificates.has(row.certificate)).map((row) => [place(row), row.certificate]),
  );
  return named
    .filter((row) => ours.has(place(row)) && ours.get(place(row)) !== row.certificate)
    .map(({ sni, frontend, certificate }) => ({ sni, frontend, certificate }));
}
