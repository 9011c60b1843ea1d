import {
  type Action,
  type CertificateResult,
  type ForeseenTarget,
  isLive,
  type Rest,
  type TargetResult,
  type WaitingTarget,
} from "@certwright/core";
import type { CommandResult } from "./command.ts";
import { exitCodeOfRun } from "./exit-code.ts";
import type {
  ActionJson,
  CertificateJson,
  ErrorJson,
  ForeseenTargetJson,
  TargetJson,
  WaitingTargetJson,
} from "./output/result-table.ts";
import { explain } from "./reporter/explain.ts";
import { longTable } from "./reporter/table.ts";
import { minute } from "./reporter/words.ts";

/** What a run over certificates came to, for people and for programs; `lines` where people get something else than a line for each. */
export function renewalResult(
  results: readonly CertificateResult[],
  { detailedExitcode }: { readonly detailedExitcode: boolean },
  lines: Iterable<string> = results.flatMap(plannedLines),
): CommandResult {
  const failed = results.flatMap((result) => (result.outcome === "failed" ? [result.error] : []));
  const foreseen = results.flatMap((result) => (result.outcome === "planned" ? (result.foreseen ?? []) : []));
  const wouldFail = foreseen.flatMap((target) => (target.ok ? [] : [target.error]));
  const targets = results.flatMap((result) => ("targets" in result ? result.targets : []));
  const notDeployed = targets.filter((target) => !isLive(target));
  const waiting = results.flatMap((result) => ("waiting" in result ? (result.waiting ?? []) : []));
  return {
    exitCode: exitCodeOfRun({
      failures: [...failed, ...wouldFail].map((error) => explain(error).code),
      notDeployed: notDeployed.length + waiting.length,
      changed: detailedExitcode ? results.filter(isChange).length : 0,
    }),
    // Made when it is asked for: a person who looks at a plan of 100,000 certificates need not wait for it.
    get result() {
      return { certificates: results.map(asJson) };
    },
    lines,
    errors: [...failed, ...wouldFail, ...notDeployed.flatMap((target) => (target.ok ? [] : [target.error]))],
    certificates: results,
  };
}

/** Whether something was done for a certificate, or would be. */
function isChange(result: CertificateResult): boolean {
  if (result.outcome === "planned") return result.action.do !== "nothing";
  return result.outcome === "issued" || result.outcome === "deployed";
}

/** What was planned is told here; what was done was told as it happened. */
function plannedLines(result: CertificateResult): readonly string[] {
  if (result.outcome !== "planned") return [];
  const { certificate, action } = result;
  const targets = foreseenLines(result);
  if (action.do === "issue") {
    const names = action.spec.identifiers.map(({ value }) => value).join(", ");
    return [`${certificate}: would issue for ${names}: ${action.reason}`, ...targets];
  }
  if (action.do === "deploy")
    return [`${certificate}: would deploy to ${action.targets.join(", ")}: ${action.reason}`, ...targets];
  return [`${certificate}: would do nothing: ${action.reason}; next look ${minute(action.next.toISOString())}`];
}

function foreseenLines(planned: Extract<CertificateResult, { outcome: "planned" }>): readonly string[] {
  const { certificate, foreseen = [] } = planned;
  return foreseen.flatMap((target) => {
    if (target.ok) return [`${certificate}: ${target.target}: ${target.detail}`];
    const { code, message, hint } = explain(target.error);
    return [
      `${certificate}: ${target.target}: would fail: ${code}: ${message}`,
      ...(hint === undefined ? [] : [`  ${hint}`]),
    ];
  });
}

/** Everything that was planned as a table: what would be done, and why; then what would come of targets. */
export function* plannedTable(results: readonly CertificateResult[]): Iterable<string> {
  const planned = results.filter((result) => result.outcome === "planned");
  if (planned.length === 0) return;
  yield* longTable(["CERTIFICATE", "ACTION", "WHEN", "REASON"], planned, ({ action, certificate }) => {
    const when = action.do === "nothing" ? minute(action.next.toISOString()) : "now";
    return [certificate, action.do, when, action.reason];
  });
  for (const each of planned) yield* foreseenLines(each);
}

function asJson(result: CertificateResult): CertificateJson {
  const { certificate: name } = result;
  switch (result.outcome) {
    case "planned":
      return {
        outcome: "planned",
        name,
        action: actionAsJson(result.action),
        ...(result.foreseen === undefined ? {} : { foreseen: result.foreseen.map(foreseenAsJson) }),
      };
    case "skipped":
      return { outcome: "skipped", name, ...restAsJson(result) };
    case "failed":
      return { outcome: "failed", name, error: errorAsJson(result.error) };
    default: {
      const { outcome, reason } = result;
      return {
        outcome,
        name,
        reason,
        notAfter: result.notAfter.toISOString(),
        targets: result.targets.map(targetAsJson),
        ...waitingAsJson(result.waiting),
      };
    }
  }
}

function actionAsJson(action: Action | Rest): ActionJson {
  const { reason } = action;
  switch (action.do) {
    case "issue":
      return { do: "issue", reason, ...(action.replaces === undefined ? {} : { replaces: action.replaces }) };
    case "deploy":
      return { do: "deploy", reason, targets: action.targets, ...waitingAsJson(action.waiting) };
    case "nothing":
      return { do: "nothing", ...restAsJson(action) };
  }
}

function restAsJson({ reason, next, waiting }: Omit<Rest, "do">) {
  return { reason, next: next.toISOString(), ...waitingAsJson(waiting) };
}

function waitingAsJson(waiting?: readonly WaitingTarget[]): { readonly waiting?: readonly WaitingTargetJson[] } {
  if (waiting === undefined) return {};
  return {
    waiting: waiting.map(({ target, next, lastError }) => ({
      target,
      next: next.toISOString(),
      ...(lastError === undefined ? {} : { error: { code: lastError.code, message: lastError.message } }),
    })),
  };
}

function foreseenAsJson(foreseen: ForeseenTarget): ForeseenTargetJson {
  const { target, ok } = foreseen;
  return foreseen.ok ? { target, ok, detail: foreseen.detail } : { target, ok, error: errorAsJson(foreseen.error) };
}

/** A target's outcome as JSON. */
export function targetAsJson(result: TargetResult): TargetJson {
  const { target } = result;
  if (!result.ok) return { target, ok: false, error: errorAsJson(result.error) };
  const { action, served, detail, reloadNeeded, warnings, retryAt } = result;
  return {
    ...{ target, ok: true, action, served },
    ...(detail === undefined ? {} : { detail }),
    ...(reloadNeeded === undefined ? {} : { reloadNeeded }),
    ...(warnings === undefined ? {} : { warnings }),
    ...(retryAt === undefined ? {} : { retryAt: new Date(retryAt).toISOString() }),
  };
}

function errorAsJson(error: Error): ErrorJson {
  const { stack: _stack, ...explained } = explain(error);
  return explained;
}
