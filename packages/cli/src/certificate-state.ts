import type { CertificateMeta } from "@certwright/core/store";

/** How a certificate stands, worst first. */
export type Standing = "revoked" | "expired" | "not live" | "ends soon" | "ok";

/** A certificate's standing at a moment in milliseconds since 1970. Cheap: `list` asks for every one. */
export function standingOf(
  meta: Pick<CertificateMeta, "notAfter" | "notBefore" | "targets" | "revoked">,
  now: number,
): Standing {
  if (meta.revoked !== undefined) return "revoked";
  if (meta.notAfter <= now) return "expired";
  if (meta.targets.some((target) => target.accepted?.fingerprint256 !== target.wanted)) return "not live";
  // Every renewal rule acts before this; so late, something must be failing.
  const left = (meta.notAfter - now) / (meta.notAfter - meta.notBefore);
  return left < 1 / 7 ? "ends soon" : "ok";
}

/** `in 59 days`, `in 5 h`, `3 days ago`. */
export function relativeTime(moment: number, now: number): string {
  const minutes = Math.round(Math.abs(moment - now) / 60_000);
  const amount =
    minutes < 120
      ? `${minutes} min`
      : minutes < 48 * 60
        ? `${Math.round(minutes / 60)} h`
        : `${Math.floor(minutes / 1440)} days`;
  return moment >= now ? `in ${amount}` : `${amount} ago`;
}
