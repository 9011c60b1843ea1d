import { registeredDomain } from "@certwright/dns";
import type { Directory } from "../acme/directory.ts";
import type { CertificateSpec } from "../spec.ts";
import { readHistory } from "../store/history.ts";
import { openLedger } from "../store/ledger-file.ts";
import type { CaLimits } from "../store/limits.ts";
import { registeredDomains } from "../store/registered-domains.ts";
import { nextSlot } from "../store/slot.ts";
import type { Store } from "../store/store.ts";
import { type Finding, finding } from "./finding.ts";

/** Names in one certificate by profile, as Let's Encrypt publishes them: https://letsencrypt.org/docs/profiles/, 2025-09-23. */
const letsEncryptNames: Readonly<Record<string, number>> = { classic: 100, tlsserver: 25, shortlived: 25 };

/** The most names one certificate may have, by directory URL and profile; `undefined` where nobody says. */
export function mostNames(directoryUrl: string, profile = "classic"): number | undefined {
  const { hostname } = new URL(directoryUrl);
  if (!/^acme-(?:staging-)?v02\.api\.letsencrypt\.org$/.test(hostname)) return undefined;
  return Object.hasOwn(letsEncryptNames, profile) ? letsEncryptNames[profile] : undefined;
}

/** The profile and the number of names against what the CA offers. */
export function judgeProfile(
  spec: CertificateSpec,
  { url, meta }: Pick<Directory, "url" | "meta">,
): readonly Finding[] {
  const { profile, identifiers } = spec;
  const offered = [...meta.profiles.keys()];
  if (profile !== undefined && !offered.includes(profile)) {
    const message = `${url} offers no profile ${JSON.stringify(profile)}`;
    const hint = offered.length === 0 ? "Leave --profile out: this CA has none." : `One of: ${offered.join(", ")}.`;
    return [finding("error", "DOCTOR_PROFILE", url, message, hint)];
  }
  const most = mostNames(url, profile);
  if (most === undefined || identifiers.length <= most) return [];
  const message = `${identifiers.length} names, and ${url} puts ${most} into a certificate of the profile ${profile ?? "classic"}`;
  return [
    finding(
      "error",
      "DOCTOR_NAMES",
      spec.name,
      message,
      "Split them over several certificates, or choose another profile.",
    ),
  ];
}

/** Whether an order may be placed now, by this machine's ledger of the CA. Nothing is counted. */
export async function judgeLedger(
  spec: CertificateSpec,
  { directoryUrl, accountUrl }: { readonly directoryUrl: string; readonly accountUrl: string | undefined },
  limits: CaLimits | undefined,
  store: Store,
  now: number,
): Promise<readonly Finding[]> {
  const ledger = await openLedger(store, directoryUrl, () => now).read();
  const slot = nextSlot(
    ledger,
    limits,
    {
      certificate: spec.name,
      ...(accountUrl === undefined ? {} : { account: accountUrl }),
      identifiers: spec.identifiers,
      domains: registeredDomains(spec.identifiers, registeredDomain),
      history: await readHistory(store, spec, directoryUrl, now),
    },
    now,
  );
  if (slot.allowed) return [];
  const until = new Date(slot.at).toISOString();
  const own = slot.cause === "own-limit" || slot.cause === "backoff";
  return [
    {
      severity: own ? "warning" : "error",
      code: {
        limit: "LIMIT_REACHED",
        "own-limit": "LIMIT_OWN",
        hold: "LIMIT_HOLD",
        paused: "LIMIT_PAUSED",
        backoff: "LIMIT_BACKOFF",
      }[slot.cause],
      subject: directoryUrl,
      message: `${spec.name} would not be ordered now: ${slot.reason}`,
      hint:
        slot.unpauseUrl === undefined
          ? `The next try is possible at ${until}.`
          : `Open ${slot.unpauseUrl} to resume it.`,
    },
  ];
}
