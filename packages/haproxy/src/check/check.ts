import type { Finding } from "@certwright/core";
import { messageOf } from "@certwright/provider";
import { type ConfigText, readConfigLines } from "../config/lines.ts";
import { mapPath } from "../disk/files.ts";
import { HaproxyError } from "../errors.ts";
import { type PushContext, settingsOf } from "../push/settings.ts";
import { isLocal, type Node } from "../runtime/node.ts";
import { checkAccountKeys } from "./check-account-keys.ts";
import { checkBinds } from "./check-binds.ts";
import { checkCertificateFiles, type FilePlaces, findDirectories } from "./check-files.ts";
import { checkRunning } from "./check-running.ts";
import { checkSockets } from "./check-sockets.ts";
import type { HaproxyCheckCode } from "./error-codes.ts";
import { finding } from "./finding.ts";
import { lookAtRunning, type Running } from "./running.ts";
import { checkCommandLine, type StartedWith, startedWith } from "./started-with.ts";

/** What to look at, and with which means. */
export interface CheckOptions extends Omit<PushContext, "onEvent">, FilePlaces {
  readonly node: Node;
  /** Configuration files. Default: those the running process was started with, where it runs on this machine. */
  readonly files?: readonly string[];
  /** The one to read where it runs on this machine and does not tell its own. */
  readonly usualFile: string;
  /** Variables the configuration uses, where the running process does not tell its own. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** A file's text; of a directory, that of its `.cfg` files in the order of their names. */
  readonly readConfig: (path: string) => Promise<readonly ConfigText[]>;
}

/**
 * Looks at a HAProxy's configuration and at the running process, and says what will work and what will not. Nothing is
 * changed. A process that does not answer is a finding; its configuration is judged all the same.
 *
 * @throws CertwrightError of what finds the key of a node's client certificate
 * @throws the signal's reason
 */
export async function checkHaproxy(options: CheckOptions): Promise<readonly Finding[]> {
  const { node, signal, now, map } = options;
  const findings: Finding[] = [];
  const running = await look(options, findings);
  const started = running && isLocal(node) ? await startedWith(running.worker.pid) : undefined;
  if (started !== undefined) findings.push(...checkCommandLine(started.argv, node.id));
  if (running !== undefined && isLocal(node)) findings.push(...(await checkCertificateFiles(running, node, options)));
  signal.throwIfAborted();
  const told = (started?.files ?? (isLocal(node) ? [options.usualFile] : [])).map((file) => mapPath(file, map));
  const files = options.files ?? told;
  const { lines, isComplete } = await readLines(options, files, { running, started }, findings);
  const directories = isLocal(node) ? await findDirectories(lines, options) : new Set<string>();
  const said = [...checkSockets(lines), ...checkBinds(lines, directories)].filter(({ code }) =>
    isComplete ? code !== "HAPROXY_CHECK_NO_ADMIN_SOCKET" || running?.level !== "admin" : !fromAbsence.has(code),
  );
  const seen = running === undefined ? [] : checkRunning(running, new Date(now()));
  const isSaid = ({ code }: Finding) => toldOnce.has(code) && said.some((other) => other.code === code);
  return [...findings, ...seen.filter((each) => !isSaid(each)), ...said, ...(await checkAccountKeys(lines, options))];
}

/** What only a whole configuration shows. */
const fromAbsence: ReadonlySet<string> = new Set<HaproxyCheckCode>([
  "HAPROXY_CHECK_NO_ADMIN_SOCKET",
  "HAPROXY_CHECK_NO_TLS",
]);

/** What the running process shows as well, with less to say of where it comes from. */
const toldOnce: ReadonlySet<string> = new Set<HaproxyCheckCode>([
  "HAPROXY_CHECK_NO_TLS",
  "HAPROXY_CHECK_SOCKET_PLAINTEXT",
]);

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

/** The first words of lines that concern certificates and the Runtime API. */
const wanted: ReadonlySet<string> = new Set([
  ...["stats", "bind", "server", "use_backend", "default_backend", "ssl-f-use", "load", "crt-base", "account-key"],
  ...["tune.bufsize", "ssl-default-bind-options"],
]);

interface Known {
  readonly running: Running | undefined;
  readonly started: StartedWith | undefined;
}

async function readLines(
  { readConfig, env, node }: CheckOptions,
  files: readonly string[],
  { running, started }: Known,
  findings: Finding[],
) {
  let isComplete = files.length > 0;
  const skip = (place: string, why: string, severity: Finding["severity"] = "warning") => {
    isComplete = false;
    const hint =
      "Name the files HAProxy was started with by --config-file, set the variables they use, and run as a user who may read them.";
    findings.push(finding(severity, "HAPROXY_CHECK_NOT_READ", place, why, hint));
  };
  // Of a node agent there is nothing to be looked at from here, which is told already.
  if (!isComplete && node.kind !== "agent")
    skip(node.id, "The configuration is not known here, and nothing is said of it.", "note");
  const texts: ConfigText[] = [];
  for (const file of files) {
    try {
      texts.push(...(await readConfig(file)));
    } catch (error) {
      skip(file, messageOf(error));
    }
  }
  const lines = readConfigLines(texts, {
    wanted,
    env: started?.env ?? env,
    isOwnEnv: started?.env !== undefined,
    ...(running === undefined ? {} : { version: running.worker.version }),
    onUnreadable: (place, error) => skip(place, messageOf(error)),
  });
  return { lines, isComplete };
}
