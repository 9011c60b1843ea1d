import { connect } from "node:net";
import { createLocks } from "@certwright/provider";
import type { Haproxy } from "@certwright/tools/servers";

/* How the fake Data Plane API reaches the real HAProxy: by its admin socket, and by its master for a reload. */

export interface FakeOptions {
  readonly user: string;
  readonly password: string;
  /** `ssl_certs_dir` of the API. */
  readonly folder: string;
  readonly tls?: { readonly cert: string; readonly key: string; readonly clientCa?: string };
  /** Without one the API knows no socket of HAProxy. */
  readonly runtime?: boolean;
  /** `tune.bufsize` in the configuration it reads. */
  readonly bufferSize?: number;
  /** An API before 3.2 has no resources for certificates in memory. */
  readonly before32?: boolean;
}

export interface Seen {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly body: Buffer;
}
export interface Said {
  readonly status: number;
  readonly json?: unknown;
  readonly text?: string;
  readonly headers?: Readonly<Record<string, string>>;
}
export interface State {
  readonly haproxy: Haproxy;
  readonly options: FakeOptions;
  readonly reloads: Map<string, { id: string; status: string; response?: string }>;
}
// The API has one command under way at a time.
const turns = createLocks();

export type Run = (command: string, status?: number) => Promise<{ readonly text: string } | { readonly said: Said }>;

/** The API wraps what HAProxy says into an error of its own, with the whole command: private keys and all. */
export async function onRuntime(
  state: State,
  act: (state: State, run: Run) => Promise<Said>,
  without = false,
): Promise<Said> {
  const { haproxy, options } = state;
  if (options.runtime === false || without)
    return { status: 500, json: { code: 500, message: "retry - unable to configure runtime client" } };
  const run: Run = async (command, status = 500) => {
    const ask = () => talk(haproxy.adminSocket, `set severity-output number;${command}`);
    const answer = await turns.hold([haproxy.adminSocket], ask).catch((error: Error) => error);
    const failed = answer instanceof Error ? `dial unix ${haproxy.adminSocket}: connect: ${answer.message}` : undefined;
    const text = answer instanceof Error ? "" : answer.trim();
    if (failed === undefined && !/^\[[0-3]\]:/.test(text)) return { text };
    const what = failed ?? `${text.slice(0, 3)} ${text.slice(4)}`;
    const message = `${haproxy.adminSocket} ${what} [${command}] ${status === 404 ? "not found" : "general error"}`;
    return { said: { status, json: { code: status, message } } };
  };
  return act(state, run);
}

export async function setAndCommit(run: Run, name: string, pem: string): Promise<Said | undefined> {
  const set = await run(`set ssl cert ${name} <<\n${pem.endsWith("\n") ? pem : `${pem}\n`}`);
  if ("said" in set) return set.said;
  if (!/transaction (created|updated)/i.test(set.text)) return general(set.text);
  const commit = await run(`commit ssl cert ${name}`);
  if ("said" in commit) return commit.said;
  return /Committing[\s\S]*Success!/.test(commit.text) ? undefined : general(commit.text);
}

function general(text: string): Said {
  return { status: 500, json: { code: 500, message: `/sock ${text} general error` } };
}

export function talk(socket: string, command: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let answer = "";
    const connection = connect(socket, () => connection.end(`${command}\n`));
    connection.setEncoding("utf8").on("data", (text: string) => {
      answer += text;
    });
    connection.once("end", () => resolve(answer));
    connection.once("error", reject);
  });
}

export function details(text: string) {
  const field = (name: string) => new RegExp(`^${name}: (.*)$`, "m").exec(text)?.[1];
  const date = (name: string) => {
    const value = field(name);
    return value === undefined ? undefined : new Date(value).toISOString();
  };
  return {
    storage_name: field("Crt filename") ?? field("Filename"),
    status: field("Status"),
    serial: field("Serial"),
    not_before: date("notBefore"),
    not_after: date("notAfter"),
    subject_alternative_names: field("Subject Alternative Name"),
    algorithm: field("Algorithm"),
    sha1_finger_print: field("SHA1 FingerPrint"),
    subject: field("Subject"),
    issuers: field("Issuer"),
    chain_subject: field("Chain Subject"),
    chain_issuer: field("Chain Issuer"),
  };
}
