import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { parse } from "yaml";
import { patience } from "./cli-process.ts";

/* As much of the runners of GitHub and GitLab as the files under docs/ need, and an error for anything beyond. */

type Values = Readonly<Record<string, string>>;

/** Where a job runs: an empty machine with a checkout on it. */
export interface Machine {
  /** The checkout. */
  readonly workspace: string;
  /** What the runner keeps for itself. */
  readonly temp: string;
  /** All that is set before the job says anything. */
  readonly env: Values;
}

/** How a job ended, and all that leaves it. */
export interface JobEnd {
  readonly code: number;
  readonly log: string;
  readonly outputs: Values;
  readonly summary: string;
  readonly annotations: readonly string[];
}

interface Step {
  readonly id?: string;
  readonly uses?: string;
  readonly with?: Values;
  readonly env?: Values;
  readonly shell?: string;
  readonly run?: string;
}

/** What else there is to ask for in `${{ }}`. */
interface Scope {
  readonly inputs?: Values;
  readonly secrets?: Values;
  readonly steps?: Readonly<Record<string, Values>>;
}

/** Runs the only job of a workflow of GitHub; outputs are those of its last step. */
export async function runWorkflow(path: string, secrets: Values, machine: Machine): Promise<JobEnd> {
  const { jobs } = parse(await readFile(path, "utf8"));
  const [job] = Object.values<{ steps: readonly Step[] }>(jobs);
  return await runSteps(job?.steps ?? [], { secrets }, machine.env, machine);
}

/** Runs an action of the checkout by its folder, as a step that uses it. */
export async function runAction(folder: string, given: Values, env: Values, machine: Machine): Promise<JobEnd> {
  const action = parse(await readFile(join(machine.workspace, folder, "action.yml"), "utf8"));
  if (action.runs.using !== "composite") throw new Error(`${folder} is no composite action`);
  const declared = Object.entries<{ default?: string }>(action.inputs);
  const unknown = Object.keys(given).find((name) => !(name in action.inputs));
  if (unknown !== undefined) throw new Error(`${folder} has no input ${unknown}`);
  const inputs = Object.fromEntries(declared.map(([name, input]) => [name, given[name] ?? input.default ?? ""]));
  const steps: Record<string, Values> = {};
  const ended = await runSteps(action.runs.steps, { inputs }, { ...machine.env, ...env }, machine, steps);
  const outputs = Object.entries<{ value: string }>(action.outputs).map(([name, { value }]) => [
    name,
    evaluate(value, { steps }),
  ]);
  return { ...ended, outputs: Object.fromEntries(outputs) };
}

async function runSteps(
  steps: readonly Step[],
  scope: Scope,
  env: Values,
  machine: Machine,
  outputsOf: Record<string, Values> = {},
): Promise<JobEnd> {
  let last: JobEnd = { code: 0, log: "", outputs: {}, summary: "", annotations: [] };
  for (const step of steps) {
    const own = Object.fromEntries(Object.entries(step.env ?? {}).map(([name, text]) => [name, evaluate(text, scope)]));
    const ended = await runStep(step, { ...env, ...own }, machine);
    if (step.id !== undefined) outputsOf[step.id] = ended.outputs;
    last = {
      ...ended,
      log: last.log + ended.log,
      summary: last.summary + ended.summary,
      annotations: [...last.annotations, ...ended.annotations],
    };
    if (ended.code !== 0) break;
  }
  return last;
}

async function runStep(step: Step, env: Values, machine: Machine): Promise<JobEnd> {
  const { id: _id, uses, with: given = {}, env: _env, shell, run, ...others } = step;
  if (Object.keys(others).length > 0) throw new Error(`a step says ${Object.keys(others)}, which is not known here`);
  const nothing: JobEnd = { code: 0, log: "", outputs: {}, summary: "", annotations: [] };
  if (uses?.startsWith("./")) return await runAction(uses, given, env, machine);
  if (uses !== undefined) {
    // The checkout is there, and Node is; what is taken from elsewhere must be what it was when it was written down.
    if (/^actions\/(checkout|setup-node)@[0-9a-f]{40}$/.test(uses)) return nothing;
    throw new Error(`a step uses ${uses}`);
  }
  if (run === undefined || shell !== "bash") throw new Error("a step runs nothing, or not with bash");
  if (run.includes("${{")) throw new Error("a script with values written into it: they could be commands");
  const files = {
    GITHUB_OUTPUT: join(machine.temp, randomUUID()),
    GITHUB_STEP_SUMMARY: join(machine.temp, randomUUID()),
  };
  for (const file of Object.values(files)) await writeFile(file, "");
  const script = join(machine.temp, `${randomUUID()}.sh`);
  await writeFile(script, run);
  const { code, log } = await bash(["-eo", "pipefail", script], { ...env, ...files, GITHUB_ACTIONS: "true" }, machine);
  const summary = await readFile(files.GITHUB_STEP_SUMMARY, "utf8");
  if (Buffer.byteLength(summary) > 128 * 1024) throw new Error("the summary is too large");
  const outputs = readOutputs(await readFile(files.GITHUB_OUTPUT, "utf8"));
  return { code, log, outputs, summary, annotations: readCommands(log) };
}

/** `text ${{ inputs.name }} text`, as far as these files use expressions. */
function evaluate(text: string, scope: Scope): string {
  return String(text).replaceAll(/\$\{\{ *(.*?) *\}\}/g, (_, expression: string) => {
    const [, inputOrSecret, name = ""] = /^(inputs|secrets)\.([\w-]+)$/.exec(expression) ?? [];
    if (inputOrSecret !== undefined) return scope[inputOrSecret as "inputs" | "secrets"]?.[name] ?? "";
    const [, step, output = ""] = /^steps\.([\w-]+)\.outputs\.([\w-]+)$/.exec(expression) ?? [];
    if (step !== undefined) return scope.steps?.[step]?.[output] ?? "";
    throw new Error(`an expression that is not known here: ${expression}`);
  });
}

/** The file of outputs, as the runner reads it. */
export function readOutputs(text: string): Values {
  const outputs: Record<string, string> = {};
  const lines = text.split("\n");
  for (let index = 0; index < lines.length - 1; index++) {
    const [, name, delimiter = ""] = /^([^=<]+)<<(.+)$/.exec(lines[index] ?? "") ?? [];
    const end = lines.indexOf(delimiter, index + 1);
    if (name === undefined || end === -1) throw new Error(`an output that cannot be read: ${lines[index]}`);
    outputs[name] = lines.slice(index + 1, end).join("\n");
    index = end;
  }
  return outputs;
}

/** Commands in a log, by either of the two grammars the runner looks for; only those that annotate may be there. */
function readCommands(log: string): readonly string[] {
  return log.split("\n").flatMap((line) => {
    const command = /^\s*::([\w-]+)(?: [^:]*)?::/.exec(line)?.[1] ?? /##\[([\w-]+)[^\]]*\]/.exec(line)?.[1];
    if (command === undefined) return [];
    if (command !== "error" && command !== "warning") throw new Error(`the log commands: ${line}`);
    return [line];
  });
}

/** Runs the only job of a pipeline of GitLab; outputs are its dotenv report. */
export async function runPipeline(path: string, variables: Values, machine: Machine): Promise<JobEnd> {
  const [job] = Object.values<Readonly<Record<string, unknown>>>(parse(await readFile(path, "utf8")));
  const { script, variables: own, id_tokens: tokens = {}, artifacts, ...others } = job ?? {};
  const known = ["image", "rules", "resource_group", "interruptible", "timeout"];
  const unknown = Object.keys(others).filter((key) => !known.includes(key));
  if (unknown.length > 0) throw new Error(`a job says ${unknown}, which is not known here`);
  const lines = ["set -eo pipefail", ...(script as readonly string[])].join("\n");
  const audiences = Object.entries(tokens as Readonly<Record<string, { readonly aud: string }>>);
  const identities = Object.fromEntries(audiences.map(([name, { aud }]) => [name, identityToken(aud)]));
  const env = { ...machine.env, ...variables, ...(own as Values), ...identities, GITLAB_CI: "true" };
  const { code, log } = await bash(["-c", lines], env, machine);
  const { reports } = artifacts as { reports: { dotenv: string } };
  const report = await readFile(join(machine.workspace, reports.dotenv), "utf8");
  return { code, log, outputs: readDotenv(report), summary: "", annotations: [] };
}

/** A token of the form that GitLab signs, for one audience. */
export function identityToken(audience: string): string {
  const parts = [
    { alg: "RS256", typ: "JWT" },
    { aud: audience, sub: "project_path:group/project:ref_type:branch:ref:main" },
  ];
  return [...parts.map((part) => Buffer.from(JSON.stringify(part)).toString("base64url")), "signature"].join(".");
}

/** As GitLab reads it: no quotes, no empty lines, no more than 5 KB and 20 variables. */
function readDotenv(text: string): Values {
  const lines = text.trimEnd().split("\n");
  if (Buffer.byteLength(text) > 5 * 1024 || lines.length > 20) throw new Error("the report is too large");
  return Object.fromEntries(
    lines.map((line) => {
      const [, name, value = ""] = /^(\w+)=([^'"]*)$/.exec(line) ?? [];
      if (name === undefined) throw new Error(`a variable that cannot be read: ${line}`);
      return [name, value];
    }),
  );
}

function bash(args: readonly string[], env: Values, { workspace }: Machine): Promise<{ code: number; log: string }> {
  const child = spawn("bash", ["--noprofile", "--norc", ...args], {
    cwd: workspace,
    env: { ...env, CI: "true" },
    stdio: ["ignore", "pipe", "pipe"],
    timeout: patience,
  });
  let log = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => {
      log += text;
    });
  }
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code) => resolve({ code: code ?? -1, log }));
  });
}
