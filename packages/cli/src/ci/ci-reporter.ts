import { messageOf } from "@certwright/provider/errors";
import type { CliContext } from "../context.ts";
import { exitCodeOf } from "../exit-code.ts";
import { explain } from "../reporter/explain.ts";
import { type Reporter, shown } from "../reporter/reporter.ts";
import type { Secrets } from "../reporter/secrets.ts";
import { say } from "../reporter/words.ts";
import { type Annotation, createAnnotations } from "./annotations.ts";
import type { CiSystem } from "./ci-system.ts";
import { writeForGithub, writeForGitlab } from "./report-files.ts";
import { type RunReport, reportOf } from "./run-report.ts";
import { summaryOf, summaryOfError } from "./summary.ts";

/** Where a CI system is told. */
interface CiSetup {
  readonly system: CiSystem;
  /** Whether the command is about what came of certificates: only then there is something to sum up. */
  readonly sumsUp: boolean;
  readonly context: CliContext;
  readonly secrets: Secrets;
}

/**
 * A reporter that tells the CI system besides: at the end, troubles as annotations, a summary for the page of the run,
 * and outputs for later steps. What cannot be told is a warning; it changes nothing about the run.
 */
export function createCiReporter(inner: Reporter, { system, sumsUp, context, secrets }: CiSetup): Reporter {
  if (system === "none") return inner;
  const annotations = createAnnotations();
  const safe = (text: string) => shown(text, { secrets });
  const annotate = (level: Annotation["level"], title: string, lines: readonly (string | undefined)[]) => {
    const message = lines.flatMap((line) => (line === undefined ? [] : safe(line))).join("\n");
    annotations.add({ level, title, message });
  };
  const sumUp = (report: RunReport, summary: string) => {
    const onFault = (error: unknown) => {
      const message = `the CI system is not told how it went: ${messageOf(error)}`;
      inner.emit({ type: "warning", code: "CLI_CI_REPORT", message });
    };
    if (system === "github") writeForGithub(report, summary, context, onFault);
    else writeForGitlab(report, context, onFault);
  };
  const end = () => {
    if (system !== "github") return;
    // On standard error, which GitHub's runner reads as well, and no program does.
    for (const line of annotations.lines()) context.stderr.write(`${line}\n`);
  };
  return {
    emit: (event) => {
      inner.emit(event);
      // What comes of a way to prove a name that failed is told of the certificate.
      if (event.type === "challenge.failed") return;
      for (const { tone, code, certificate, text, hint } of say(event)) {
        if (code === undefined || (tone !== "bad" && tone !== "warn")) continue;
        const first = certificate === undefined ? text : `${certificate}: ${text}`;
        annotate(tone === "bad" ? "error" : "warning", code, [first, hint]);
      }
    },
    finish: (result) => {
      const report = reportOf(result.certificates ?? [], result.exitCode);
      if (sumsUp) sumUp(report, summaryOf(report, safe));
      inner.finish(result);
      end();
    },
    fail: (error) => {
      const explained = explain(error);
      if (sumsUp) sumUp(reportOf([], exitCodeOf(error)), summaryOfError(explained, safe));
      annotate("error", explained.code, [explained.message, ...(explained.details ?? []), explained.hint]);
      const exitCode = inner.fail(error);
      end();
      return exitCode;
    },
  };
}
