import { type CertificateResult, type Counters, isLive, metricsText } from "@certwright/core";
import { listCertificates, type Store, statesHere } from "@certwright/core/store";
import { explain } from "../reporter/explain.ts";

/** What the service knows of its own work. */
export interface Looks {
  /** Takes the outcome of a look. */
  add(result: CertificateResult, next: Date): void;
  /** Names that are kept now; what is known of others is forgotten. */
  keep(names: readonly string[]): void;
  /** For `/readyz`. */
  summary(): {
    readonly certificates: number;
    readonly looked: number;
    readonly failing: readonly { readonly certificate: string; readonly code: string }[];
  };
  /** For `/metrics`. */
  metrics(now: number): Promise<string>;
}

interface Look {
  readonly next: number;
  readonly failure: string | undefined;
}

export function createLooks(store: Store, isConfigValid: () => boolean): Looks {
  const looks = new Map<string, Look>();
  let names: ReadonlySet<string> = new Set();
  let counters: Counters = { issued: 0, failed: 0, deployed: 0, notDeployed: 0 };
  return {
    add: (result, next) => {
      const failure = result.outcome === "failed" ? explain(result.error).code : undefined;
      // What was under way for one that is kept no longer ends after it is forgotten.
      if (names.has(result.certificate)) looks.set(result.certificate, { next: next.getTime(), failure });
      const targets = "targets" in result ? result.targets : [];
      const live = targets.filter(isLive).length;
      counters = {
        issued: counters.issued + (result.outcome === "issued" ? 1 : 0),
        failed: counters.failed + (failure === undefined ? 0 : 1),
        deployed: counters.deployed + live,
        notDeployed: counters.notDeployed + targets.length - live,
      };
    },
    keep: (kept) => {
      names = new Set(kept);
      for (const name of looks.keys()) if (!names.has(name)) looks.delete(name);
    },
    summary: () => ({
      certificates: names.size,
      looked: looks.size,
      failing: [...looks].flatMap(([certificate, { failure }]) =>
        failure === undefined ? [] : [{ certificate, code: failure }],
      ),
    }),
    metrics: async (now) => {
      const listed = await listCertificates(store);
      const measured = listed.flatMap((each) => {
        if (!("meta" in each) || !names.has(each.name)) return [];
        const look = looks.get(each.name);
        const meta = { ...each.meta, targets: statesHere(each.meta.targets, store) };
        return [{ meta, nextLook: look?.next, failure: look?.failure }];
      });
      return metricsText(measured, counters, now) + configMetrics(isConfigValid(), names.size, measured.length);
    },
  };
}

function configMetrics(isValid: boolean, configured: number, stored: number): string {
  const gauge = (name: string, help: string, value: number): string =>
    `# HELP ${name} ${help}\n# TYPE ${name} gauge\n${name} ${value}\n`;
  return [
    gauge(
      "certwright_config_valid",
      "0 where the configuration file has faults; the one before is in force.",
      isValid ? 1 : 0,
    ),
    gauge("certwright_certificates_configured", "Certificates of the configuration.", configured),
    gauge("certwright_certificates_missing", "Those that were never issued.", configured - stored),
  ].join("");
}
