import { appendFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { CliContext } from "../context.ts";
import { exitCodeOf } from "../exit-code.ts";
import { explain } from "../reporter/explain.ts";
import { type Reporter, shown } from "../reporter/reporter.ts";
import type { Secrets } from "../reporter/secrets.ts";
import { say } from "../reporter/words.ts";
import { type Annotation, annotationLines } from "./annotations.ts";
import type { CiSystem } from "./ci-system.ts";
import { dotenvOutputs, githubOutputs } from "./output-files.ts";
import { type RunReport, reportOf } from "./run-report.ts";
import { summaryOf, summaryOfError } from "./summary.ts";

/** The file of `--ci gitlab`, in the working directory: what the job names under `artifacts: reports: dotenv`. */
export const dotenvFile = "certwright.env";

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
  const annotations: Annotation[] = [];
  const safe = (text: string) => shown(text, { secrets });
  const annotate = (level: Annotation["level"], title: string, lines: readonly (string | undefined)[]) =>
    annotations.push({
      level,
      title,
      message: lines.flatMap((line) => (line === undefined ? [] : safe(line))).join("\n"),
    });
  const tell = (report: RunReport, summary: string) => {
    const files = system === "github" ? githubFiles(report, summary, context.env) : gitlabFiles(report, context.cwd);
    for (const write of files) {
      try {
        write();
      } catch (error) {
        const message = `the CI system is not told how it went: ${error instanceof Error ? error.message : String(error)}`;
        inner.emit({ type: "warning", code: "CLI_CI_REPORT", message });
      }
    }
  };
  const end = () => {
    if (system !== "github") return;
    // On standard error, which GitHub's runner reads as well, and no program does.
    for (const line of annotationLines(annotations)) context.stderr.write(`${line}\n`);
  };
  return {
    emit: (event) => {
      for (const { tone, code, certificate, text, hint } of say(event)) {
        if (code === undefined || (tone !== "bad" && tone !== "warn")) continue;
        annotate(tone === "bad" ? "error" : "warning", code, [
          certificate === undefined ? text : `${certificate}: ${text}`,
          hint,
        ]);
      }
      inner.emit(event);
    },
    finish: (result) => {
      if (sumsUp) {
        const report = reportOf(result.certificates ?? [], result.exitCode);
        tell(report, summaryOf(report, safe));
      }
      inner.finish(result);
      end();
    },
    fail: (error) => {
      const explained = explain(error);
      if (sumsUp) tell(reportOf([], exitCodeOf(error)), summaryOfError(explained, safe));
      annotate("error", explained.code, [explained.message, ...(explained.details ?? []), explained.hint]);
      const exitCode = inner.fail(error);
      end();
      return exitCode;
    },
  };
}

/** What is appended to the files GitHub's runner names; an earlier step's words stay. */
function githubFiles({ outputs }: RunReport, summary: string, env: CliContext["env"]): readonly (() => void)[] {
  const append = (path: string | undefined, text: string) =>
    path === undefined || path === "" ? [] : [() => appendFileSync(path, text)];
  return [
    ...append(env.GITHUB_STEP_SUMMARY, summary),
    ...append(env.GITHUB_OUTPUT, githubOutputs(outputs, `certwright-${crypto.randomUUID()}`)),
  ];
}

/** The dotenv file, in place of one that is there: never through a link somebody left. */
function gitlabFiles({ outputs }: RunReport, cwd: string): readonly (() => void)[] {
  const path = join(cwd, dotenvFile);
  const temporary = `${path}.${crypto.randomUUID()}.tmp`;
  return [
    () => {
      try {
        writeFileSync(temporary, dotenvOutputs(outputs), { flag: "wx" });
        renameSync(temporary, path);
      } finally {
        rmSync(temporary, { force: true });
      }
    },
  ];
}
