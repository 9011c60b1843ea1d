import type { CertificateMeta } from "../store/certificate-meta.ts";

/** What the service counts while it runs. */
export interface Counters {
  readonly issued: number;
  readonly failed: number;
  readonly deployed: number;
  readonly notDeployed: number;
}

/** A certificate as the metrics show it. */
export interface MeasuredCertificate {
  readonly meta: CertificateMeta;
  /** Milliseconds since 1970. */
  readonly nextLook: number | undefined;
  /** Code of the last failure; undefined after a success. */
  readonly failure: string | undefined;
}

/** How far into its life a certificate is: 0 at the start, 1 at the end. */
export function shareUsed(
  { notBefore, notAfter }: Pick<CertificateMeta, "notBefore" | "notAfter">,
  now: number,
): number {
  return (now - notBefore) / Math.max(1, notAfter - notBefore);
}

/** Prometheus text format 0.0.4. Times are seconds since 1970, as Prometheus has them. */
export function metricsText(certificates: readonly MeasuredCertificate[], counters: Counters, now: number): string {
  const each = (value: (certificate: MeasuredCertificate) => number | undefined) =>
    certificates.flatMap((certificate) => {
      const measured = value(certificate);
      return measured === undefined ? [] : [[{ certificate: certificate.meta.name }, measured] as const];
    });
  const seconds = (milliseconds: number): number => Math.round(milliseconds / 1000);
  return [
    family(
      "certwright_certificate_not_after_seconds",
      "gauge",
      "When the certificate ends.",
      each(({ meta }) => seconds(meta.notAfter)),
    ),
    family(
      "certwright_certificate_not_before_seconds",
      "gauge",
      "When the certificate began.",
      each(({ meta }) => seconds(meta.notBefore)),
    ),
    family(
      "certwright_certificate_life_used_ratio",
      "gauge",
      "Share of the certificate's life that is over.",
      each(({ meta }) => shareUsed(meta, now)),
    ),
    family(
      "certwright_certificate_failing",
      "gauge",
      "1 where the last try to renew failed.",
      each(({ failure }) => (failure === undefined ? 0 : 1)),
    ),
    family(
      "certwright_certificate_next_look_seconds",
      "gauge",
      "When the certificate is looked at again.",
      each(({ nextLook }) => (nextLook === undefined ? undefined : seconds(nextLook))),
    ),
    family(
      "certwright_target_current",
      "gauge",
      "1 where a target has taken the current certificate.",
      certificates.flatMap(({ meta }) =>
        meta.targets.map(
          ({ target, wanted, accepted }) =>
            [{ certificate: meta.name, target }, accepted?.fingerprint256 === wanted ? 1 : 0] as const,
        ),
      ),
    ),
    family("certwright_issued_total", "counter", "Certificates issued since start.", [[{}, counters.issued]]),
    family("certwright_failed_total", "counter", "Tries that failed since start.", [[{}, counters.failed]]),
    family("certwright_deployed_total", "counter", "Deployments that worked since start.", [[{}, counters.deployed]]),
    family("certwright_not_deployed_total", "counter", "Deployments that failed since start.", [
      [{}, counters.notDeployed],
    ]),
  ].join("");
}

type Sample = readonly [labels: Readonly<Record<string, string>>, value: number];

function family(name: string, type: "gauge" | "counter", help: string, samples: readonly Sample[]): string {
  const lines = samples.map(([labels, value]) => `${name}${labelText(labels)} ${value}\n`);
  return `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${lines.join("")}`;
}

function labelText(labels: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(labels).map(
    ([name, value]) => `${name}="${value.replace(/[\\"\n]/g, (mark) => (mark === "\n" ? "\\n" : `\\${mark}`))}"`,
  );
  return pairs.length === 0 ? "" : `{${pairs.join(",")}}`;
}
