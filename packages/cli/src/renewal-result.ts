import { type CertificateResult, isLive, type TargetResult } from "@certwright/core";
import type { CommandResult } from "./command.ts";
import { exitCodeOfRun } from "./exit-code.ts";
import { explain } from "./reporter/explain.ts";
import { table } from "./reporter/table.ts";
import { minute } from "./reporter/words.ts";

/** What a run over certificates came to, for people and for programs. */
export function renewalResult(results: readonly CertificateResult[]): CommandResult {
  const failed = results.flatMap((result) => (result.outcome === "failed" ? [result.error] : []));
  const targets = results.flatMap((result) => ("targets" in result ? result.targets : []));
  const notDeployed = targets.filter((target) => !isLive(target));
  return {
    exitCode: exitCodeOfRun({ failures: failed.map((error) => explain(error).code), notDeployed: notDeployed.length }),
    result: { certificates: results.map(asJson) },
    lines: results.flatMap(plannedLines),
    errors: [...failed, ...notDeployed.flatMap((target) => (target.ok ? [] : [target.error]))],
  };
}

/** What was planned is told here; what was done was told as it happened. */
function plannedLines(result: CertificateResult): readonly string[] {
  if (result.outcome !== "planned") return [];
  const { certificate, action } = result;
  if (action.do === "issue") {
    const names = action.spec.identifiers.map(({ value }) => value).join(", ");
    return [`${certificate}: would issue for ${names}: ${action.reason}`];
  }
  if (action.do === "deploy") return [`${certificate}: would deploy to ${action.targets.join(", ")}: ${action.reason}`];
  return [`${certificate}: would do nothing: ${action.reason}; next look ${minute(action.next.toISOString())}`];
}

/** Everything that was planned as a table: what would be done, and why. */
export function plannedTable(results: readonly CertificateResult[]): readonly string[] {
  const rows = results.flatMap((result) => {
    if (result.outcome !== "planned") return [];
    const { action, certificate } = result;
    const when = action.do === "nothing" ? minute(action.next.toISOString()) : "now";
    return [[certificate, action.do, when, action.reason]];
  });
  return rows.length === 0 ? [] : table([["CERTIFICATE", "ACTION", "WHEN", "REASON"], ...rows]);
}

function asJson(result: CertificateResult): Readonly<Record<string, unknown>> {
  const { certificate: name, outcome } = result;
  switch (result.outcome) {
    case "planned": {
      const { spec: _spec, ...action } = result.action;
      return { name, outcome, action };
    }
    case "skipped":
      return { name, outcome, reason: result.reason, next: result.next };
    case "failed":
      return { name, outcome, error: errorAsJson(result.error) };
    default:
      return { name, outcome, notAfter: result.notAfter, targets: result.targets.map(targetAsJson) };
  }
}

/** A target's outcome as JSON. */
export function targetAsJson(target: TargetResult): Readonly<Record<string, unknown>> {
  return target.ok ? { ...target } : { target: target.target, ok: false, error: errorAsJson(target.error) };
}

function errorAsJson(error: Error): Readonly<Record<string, unknown>> {
  const { stack: _stack, ...explained } = explain(error);
  return explained;
}
