import type { Finding } from "@certwright/core";
import { messageOf } from "@certwright/provider";
import { HaproxyError } from "../errors.ts";
import { type PushContext, settingsOf } from "../push/settings.ts";
import { isLocal, type Node } from "../runtime/node.ts";
import { checkAccountKeys } from "./check-account-keys.ts";
import { checkCommandLine, configArguments } from "./check-command-line.ts";
import { checkConfig } from "./check-config.ts";
import { checkCertificateFiles, type FilePlaces, findDirectories } from "./check-files.ts";
import { checkRunning } from "./check-running.ts";
import { type ConfigText, readConfigLines } from "./config-lines.ts";
import { finding } from "./finding.ts";
import { lookAtRunning, type Running } from "./running.ts";

/** What to look at, and with which means. */
export interface CheckOptions extends Omit<PushContext, "onEvent">, FilePlaces {
  readonly node: Node;
  /** Configuration files. Default: those the running process was started with, where it runs on this machine. */
  readonly files?: readonly string[];
  /** The one to read where it runs on this machine and does not tell its own. */
  readonly usualFile?: string;
  /** Variables the configuration uses. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** A file's text; of a directory, that of its `.cfg` files in the order of their names. */
  readonly readConfig: (path: string) => Promise<readonly ConfigText[]>;
  /** The command line of a process of this machine; undefined where it cannot be read. */
  readonly commandLine: (pid: number) => Promise<readonly string[] | undefined>;
}

/**
 * Looks at a HAProxy's configuration and at the running process, and says what will work and what will not. Nothing is
 * changed. A process that does not answer is a finding; its configuration is judged all the same.
 *
 * @throws the signal's reason
 */
export async function checkHaproxy(options: CheckOptions): Promise<readonly Finding[]> {
  const { node, signal, now } = options;
  const findings: Finding[] = [];
  const running = await look(options, findings);
  const argv = running && isLocal(node) ? await options.commandLine(running.worker.pid) : undefined;
  if (running !== undefined) {
    if (argv !== undefined) findings.push(...checkCommandLine(argv, node.id));
    findings.push(...checkRunning(running, new Date(now())));
    if (isLocal(node)) findings.push(...(await checkCertificateFiles(running, node, options)));
  }
  signal.throwIfAborted();
  const usual = isLocal(node) && options.usualFile !== undefined ? [options.usualFile] : [];
  const files = options.files ?? (argv === undefined ? usual : configArguments(argv));
  const lines = await readLines(options, files, findings);
  const directories = isLocal(node) ? await findDirectories(lines.lines, options) : new Set<string>();
  findings.push(...checkConfig(lines.lines, directories), ...(await checkAccountKeys(lines.lines, options)));
  return lines.isComplete ? findings : findings.filter(({ code }) => code !== "HAPROXY_CHECK_NO_ADMIN_SOCKET");
}

async function look({ node, ...context }: CheckOptions, findings: Finding[]): Promise<Running | undefined> {
  const settings = settingsOf(node, context);
  try {
    const session = await settings.open();
    try {
      return await lookAtRunning(session, settings);
    } finally {
      session.close();
    }
  } catch (error) {
    if (!(error instanceof HaproxyError)) throw error;
    const { code, message, hint } = error;
    findings.push({ severity: "error", code, subject: node.id, message, ...(hint === undefined ? {} : { hint }) });
    return undefined;
  }
}

async function readLines({ readConfig, env }: CheckOptions, files: readonly string[], findings: Finding[]) {
  let isComplete = files.length > 0;
  const skip = (place: string, why: string) => {
    isComplete = false;
    const hint =
      "Name the files HAProxy was started with, set the variables they use, and run as a user who may read them.";
    findings.push(finding("warning", "HAPROXY_CHECK_NOT_READ", place, `${place}: ${why}`, hint));
  };
  const texts: ConfigText[] = [];
  for (const file of files) {
    try {
      texts.push(...(await readConfig(file)));
    } catch (error) {
      skip(file, messageOf(error));
    }
  }
  return { lines: readConfigLines(texts, env, skip), isComplete };
}
