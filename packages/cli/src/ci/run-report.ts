import type { CertificateResult, TargetResult, WaitingTarget } from "@certwright/core";
import { explain } from "../reporter/explain.ts";
import { minute } from "../reporter/words.ts";

/** What a CI system is told of a run. */
export interface RunReport {
  /** A row for each certificate, those that need somebody first. */
  readonly rows: readonly ReportRow[];
  /** What later steps and jobs may decide by. */
  readonly outputs: Outputs;
}

export interface ReportRow {
  readonly certificate: string;
  readonly standing: Standing;
  /** What there is to know about it now: its end, or when it is looked at again. */
  readonly until: string;
  readonly why: string;
}

/** Values by name; lists hold names of certificates. */
export interface Outputs {
  /** Whether a certificate was issued. */
  readonly renewed: boolean;
  /** Those issued. */
  readonly names: readonly string[];
  /** Those deployed without being issued. */
  readonly deployed: readonly string[];
  readonly "not-deployed": readonly string[];
  readonly failed: readonly string[];
  /** Of a plan: those something would be done for. */
  readonly due: readonly string[];
  /** When to look again, as far as it is known: ISO 8601, or empty. */
  readonly next: string;
  readonly "exit-code": number;
}

/** Standings, the worst first; `due` and `not due` also stand for what a plan would do. */
export const standings = ["failed", "not live", "issued", "deployed", "due", "not due"] as const;
export type Standing = (typeof standings)[number];

/** The report of what came of certificates. */
export function reportOf(results: readonly CertificateResult[], exitCode: number): RunReport {
  const rows = results.map(rowOf);
  const namesWhere = (holds: (result: CertificateResult, row: ReportRow) => boolean): readonly string[] =>
    rows.flatMap((row, index) => {
      const result = results[index];
      return result !== undefined && holds(result, row) ? [row.certificate] : [];
    });
  const names = namesWhere(({ outcome }) => outcome === "issued");
  const next = results.flatMap((result) => nextLook(result)?.getTime() ?? []);
  return {
    rows: rows.toSorted((a, b) => standings.indexOf(a.standing) - standings.indexOf(b.standing)),
    outputs: {
      renewed: names.length > 0,
      names,
      deployed: namesWhere(({ outcome }) => outcome === "deployed"),
      "not-deployed": namesWhere((_, { standing }) => standing === "not live"),
      failed: namesWhere(({ outcome }) => outcome === "failed"),
      due: namesWhere((_, { standing }) => standing === "due"),
      next: next.length === 0 ? "" : new Date(Math.min(...next)).toISOString(),
      "exit-code": exitCode,
    },
  };
}

function nextLook(result: CertificateResult): Date | undefined {
  if (result.outcome === "skipped") return result.next;
  return result.outcome === "planned" && result.action.do === "nothing" ? result.action.next : undefined;
}

function rowOf(result: CertificateResult): ReportRow {
  const { certificate } = result;
  switch (result.outcome) {
    case "failed":
      return { certificate, standing: "failed", until: "", why: inWords(result.error) };
    case "skipped":
      return {
        certificate,
        standing: result.waiting === undefined ? "not due" : "not live",
        until: `next look ${shortly(result.next)}`,
        why: [result.reason, ...(result.waiting ?? []).map(waitInWords)].join("; "),
      };
    case "planned": {
      const { action } = result;
      return action.do === "nothing"
        ? { certificate, standing: "not due", until: `next look ${shortly(action.next)}`, why: action.reason }
        : { certificate, standing: "due", until: "", why: action.reason };
    }
    default: {
      const { outcome, reason, notAfter, targets, waiting = [] } = result;
      const late = targets.filter((target) => !isLive(target));
      const why = late.map((target) => {
        const trouble = target.ok ? `only after a reload: ${target.reloadNeeded}` : inWords(target.error);
        return `${target.target}: ${trouble}`;
      });
      return {
        certificate,
        standing: late.length + waiting.length > 0 ? "not live" : outcome,
        until: `valid until ${shortly(notAfter)}`,
        why: [reason, ...why, ...waiting.map(waitInWords)].join("; "),
      };
    }
  }
}

function waitInWords({ target, next, lastError }: WaitingTarget): string {
  const why = lastError === undefined ? "" : `: ${lastError.code}: ${lastError.message}`;
  return `${target}: tried again ${shortly(next)}${why}`;
}

function inWords(error: Error): string {
  const { code, message, hint } = explain(error);
  return `${code}: ${message}${hint === undefined ? "" : `. ${hint}`}`;
}

function shortly(moment: Date): string {
  return minute(moment.toISOString());
}

/** As the engine's own `isLive`, without the engine: this is loaded at the start of every command. */
function isLive(target: TargetResult): boolean {
  return target.ok && target.reloadNeeded === undefined;
}
