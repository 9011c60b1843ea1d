import { appendFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { CliContext } from "../context.ts";
import { dotenvOutputs, githubOutputs } from "./outputs.ts";
import type { RunReport } from "./run-report.ts";

/** The file of `--ci gitlab`, in the working directory: what the job names under `artifacts: reports: dotenv`. */
const dotenvFile = "certwright.env";

/** Appends to the files GitHub's runner names; what an earlier step wrote stays. Calls back with what cannot be written. */
export function writeForGithub(
  { outputs }: RunReport,
  summary: string,
  { env }: Pick<CliContext, "env">,
  onFault: (error: unknown) => void,
): void {
  const append = (path: string | undefined, text: () => string): void => {
    if (path === undefined || path === "") return;
    try {
      appendFileSync(path, text());
    } catch (error) {
      onFault(error);
    }
  };
  append(env.GITHUB_STEP_SUMMARY, () => summary);
  append(env.GITHUB_OUTPUT, () => githubOutputs(outputs, `certwright-${crypto.randomUUID()}`));
}

/** Writes the dotenv file, in place of one that is there: never through a link somebody left. */
export function writeForGitlab(
  { outputs }: RunReport,
  { cwd }: Pick<CliContext, "cwd">,
  onFault: (error: unknown) => void,
): void {
  const path = join(cwd, dotenvFile);
  const temporary = `${path}.${crypto.randomUUID()}.tmp`;
  try {
    writeFileSync(temporary, dotenvOutputs(outputs), { flag: "wx" });
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    onFault(error);
  }
}
