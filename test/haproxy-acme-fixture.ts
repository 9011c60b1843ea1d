import { execFile, spawn } from "node:child_process";
import { createPrivateKey, X509Certificate } from "node:crypto";
import { mkdtemp, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import type { CertwrightEvent, World } from "@certwright/core";
import { fileStore, openJournal } from "@certwright/core/store";
import { createResolver, exchange, parseServer } from "@certwright/dns";
import rfc2136 from "@certwright/dns-rfc2136";
import { type AgentOptions, loadAcmeConfig, parseNode, runAgent } from "@certwright/haproxy";
import { type DefinedProvider, openProvider, readOptions } from "@certwright/provider";
import { accountKeyForHaproxy } from "@certwright/tools/account-key";
import {
  type DnsServer,
  type Haproxy,
  type Pebble,
  startBind,
  startHaproxy,
  startPebble,
} from "@certwright/tools/servers";
import { createTestCa } from "@certwright/tools/test-ca";
import { afterAll, expect } from "vitest";
import { compileCache, main, patience } from "./cli-process.ts";

/** What the end-to-end tests of the agent for HAProxy's native ACME share. */

export const zone = "example.test";
/** BIND's zones: HAProxy's own HTTP client looks the CA's host up there, and Pebble the names of http-01. */
export const zones = [
  { name: "localhost", records: ["@ IN A 127.0.0.1"] },
  { name: zone, records: ["www IN A 127.0.0.1"] },
];

/** A CA and its DNS for all tests of a file. */
export async function startWorld(): Promise<{ readonly ca: Pebble; readonly dns: DnsServer }> {
  const dns = await startBind({ zones });
  const ca = await startPebble({ dnsServer: dns.address });
  afterAll(() => Promise.all([ca.stop(), dns.stop()]));
  return { ca, dns };
}

export const authority = createTestCa("Native ACME");

/** A certificate that is over, as HAProxy 3.2 wants one in the place of each it is to obtain. */
export const placeholder = authority.issue({
  names: ["placeholder.test"],
  notBefore: new Date(Date.now() - 172_800_000),
  notAfter: new Date(Date.now() - 86_400_000),
});

/** The part of a configuration all tests have. `section` is added to `acme DNS`, `globals` to `global`. */
export function acmeConfig(
  { ca, dns }: { ca: Pebble; dns: DnsServer },
  frontend: string,
  { section = "", globals = "", challenge = "dns-01" } = {},
): string {
  return `
global
    expose-experimental-directives
    httpclient.ssl.ca-file ${ca.caFile}
    httpclient.resolvers.id bind
    httpclient.resolvers.prefer ipv4
    log stdout format raw local0 notice
    ${globals}
defaults
    mode http
    log global
    timeout client 1m
    timeout connect 1m
    timeout server 1m
resolvers bind
    nameserver one ${dns.address}
acme LE
    directory ${ca.directoryUrl.replace("127.0.0.1", "localhost")}
    account-key <dir>/account.key
    challenge ${challenge}
    keytype ECDSA
    curves P-256
    ${section}
${frontend}
`;
}

/** HAProxy in master mode, with a placeholder in every file named. */
export function startNode(config: string, files: readonly string[], more: Readonly<Record<string, string>> = {}) {
  const placeholders = Object.fromEntries(files.map((file) => [file, placeholder.pem]));
  const all = { "account.key": accountKeyForHaproxy(), ...placeholders, ...more };
  return startHaproxy({ version: "3.2", master: true, config, files: all });
}

/** Pauses that suit a test; how long an event may be late that must come stays as it is. */
export const quick = { settle: 200, poll: 500, renewRetries: [500], dnsRetries: [500], reconcile: 1_000 };
/** For a test where an event is missed in vain, and no other is to come. */
export const missing = { ...quick, quiet: 2_500 };

/** An agent in this process. */
export interface RunningAgent extends AsyncDisposable {
  readonly events: CertwrightEvent[];
  of<T extends CertwrightEvent["type"]>(type: T): Extract<CertwrightEvent, { type: T }>[];
  /** Names at which records were set, in order. */
  added(): readonly string[];
  stop(): Promise<void>;
}

/** Starts an agent over a HAProxy, which writes to BIND by RFC 2136. */
export async function startAgent(
  haproxy: Haproxy,
  dns: DnsServer,
  change: Partial<AgentOptions> = {},
): Promise<RunningAgent> {
  const events: CertwrightEvent[] = [];
  const controller = new AbortController();
  const state = await mkdtemp(join(tmpdir(), "certwright-agent-"));
  const store = fileStore(state, { now: Date.now, warn: () => undefined });
  const world: World = {
    now: Date.now,
    sleep: async (milliseconds, signal) => void (await delay(milliseconds, undefined, { signal })),
    random: () => 0.5,
    signal: controller.signal,
    emit: (event) => void events.push(event),
    resolver: createResolver({ servers: [parseServer(dns.address)] }),
  };
  const journal = await openJournal(store, controller.signal);
  const node = parseNode(`master:${haproxy.masterSocket}`);
  if (node.kind !== "master") throw new Error("no master");
  const files = [haproxy.configFile];
  const running = runAgent({
    node,
    world,
    journal,
    solving: {
      followAlias: true,
      aliases: {},
      propagation: { type: "watch" },
      nameservers: [parseServer(dns.address)],
    },
    bindings: async () => [await openBinding(dns, controller.signal)],
    config: () => loadAcmeConfig({ files, env: {}, readFile: (path) => readFile(path, "utf8") }),
    limits: quick,
    ...change,
  });
  const stop = async () => {
    controller.abort();
    await running;
    await journal.close();
    await rm(state, { recursive: true, force: true });
  };
  return {
    events,
    of: (type) => events.filter((event) => event.type === type) as never,
    added: () => events.flatMap((event) => (event.type === "txt.added" ? event.records.map(({ name }) => name) : [])),
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

/** The provider, opened over BIND. */
export async function openBinding(dns: DnsServer, signal: AbortSignal) {
  const definition = rfc2136 as unknown as DefinedProvider;
  const { name, algorithm, secret } = dns.key;
  const values = { nameserver: dns.address, keyName: name, keyAlgorithm: algorithm, keySecret: secret };
  const options = await readOptions(definition, { values, env: {} });
  const open = (until: AbortSignal) =>
    openProvider(definition, {
      instance: "rfc2136",
      options,
      host: {
        fetch: globalThis.fetch,
        signal: until,
        sleep: async (milliseconds, abort) => void (await delay(milliseconds, undefined, { signal: abort })),
        now: Date.now,
        random: () => 0.5,
        readFile: async () => "",
      },
    });
  return { handle: await open(signal), reopen: open };
}

/** The TXT values at a name, as BIND has them. */
export async function txtAt(dns: DnsServer, name: string): Promise<readonly string[]> {
  const { answers } = await exchange({ name, type: "TXT" }, parseServer(dns.address), { recursive: false });
  return answers.flatMap((record) => (record.type === "TXT" ? record.value : []));
}

/** SHA-1 of a certificate in HAProxy's memory, upper-case hex. */
export async function inMemory(haproxy: Haproxy, name: string): Promise<string | undefined> {
  return /^SHA1 FingerPrint: ([0-9A-F]{40})$/m.exec(await haproxy.command(`show ssl cert ${name}`))?.[1];
}

/** Looks again and again until something holds; fails when it takes too long even for a busy machine. */
export async function until(
  what: string,
  holds: () => Promise<boolean> | boolean,
  logs: () => string = () => "",
): Promise<void> {
  const deadline = performance.now() + patience;
  while (!(await holds())) {
    if (performance.now() > deadline) throw new Error(`still not: ${what}\n${logs().slice(-3_000)}`);
    await delay(100);
  }
}

/** The certificate in a file, with its key, as HAProxy would load it. */
export async function onDisk(haproxy: Haproxy, certificate: string, key = certificate) {
  const text = await readFile(join(haproxy.dir, certificate), "utf8");
  const keyText = key === certificate ? text : await readFile(join(haproxy.dir, key), "utf8");
  const x509 = new X509Certificate(text);
  expect(x509.checkPrivateKey(createPrivateKey(keyText))).toBe(true);
  expect((await stat(join(haproxy.dir, key))).mode & 0o777).toBe(0o600);
  return { sha1: x509.fingerprint.replaceAll(":", ""), names: x509.subjectAltName };
}

/** Of {@link placeholder}. */
export const placeholderSha1 = new X509Certificate(placeholder.leafPem).fingerprint.replaceAll(":", "");

/** Waits until the certificate is in memory and on disk, and the same there. */
export async function obtained(haproxy: Haproxy, name: string, certificate: string, key = certificate) {
  const isKept = async () => {
    // Two files are not switched at once.
    const sha1 = await onDisk(haproxy, certificate, key).then(
      (copy) => copy.sha1,
      () => placeholderSha1,
    );
    return sha1 !== placeholderSha1 && sha1 === (await inMemory(haproxy, name));
  };
  await until(`${name} is on disk as in memory`, isKept, haproxy.logs);
  return onDisk(haproxy, certificate, key);
}

/** `certwright haproxy agent` as a process of its own. */
export interface AgentProcess {
  /** What it told so far. */
  readonly events: readonly CertwrightEvent[];
  kill(signal: NodeJS.Signals): void;
  /** How it ended: an exit code or a signal, and what it said on standard error. */
  readonly ended: Promise<{ readonly by: number | NodeJS.Signals; readonly stderr: string }>;
}

const killAt = fileURLToPath(new URL("./kill-at.ts", import.meta.url));

/**
 * @param onEvent told of each event, and how to end the process
 * @param moment where it shall end by itself, as test/kill-at.ts has it
 * @param more further arguments
 */
export function startAgentProcess(
  haproxy: Haproxy,
  dns: DnsServer,
  state: string,
  onEvent: (event: CertwrightEvent, kill: AgentProcess["kill"]) => void = () => {},
  moment?: string,
  more: readonly string[] = [],
): AgentProcess {
  const preload = moment === undefined ? [] : ["--import", killAt];
  const args = [
    "--master",
    haproxy.masterSocket ?? "",
    "--config-file",
    haproxy.configFile,
    "--state",
    state,
    "--json",
  ];
  const child = spawn(process.execPath, [...preload, main, "haproxy", "agent", ...args, ...more], {
    env: {
      ...compileCache,
      PATH: process.env.PATH ?? "",
      CERTWRIGHT_DNS_RESOLVERS: dns.address,
      CERTWRIGHT_DNS_NAMESERVERS: dns.address,
      ...(moment === undefined ? {} : { KILL_AT: moment }),
    },
    stdio: ["ignore", "pipe", "pipe"],
    timeout: patience,
  });
  const events: CertwrightEvent[] = [];
  let stderr = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
  });
  const kill = (signal: NodeJS.Signals) => void child.kill(signal);
  createInterface({ input: child.stdout }).on("line", (line) => {
    const event = JSON.parse(line) as CertwrightEvent;
    events.push(event);
    onEvent(event, kill);
  });
  const ended = new Promise<Awaited<AgentProcess["ended"]>>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code, signal) => resolve({ by: signal ?? code ?? -1, stderr }));
  });
  return { events, kill, ended };
}

/** Runs one command to its end; `result` is the last line of its `--json`. */
export function runCommand(
  args: readonly string[],
): Promise<{ code: number; stdout: string; result: ReturnType<typeof JSON.parse> }> {
  return new Promise((resolve) => {
    const options = { env: { ...compileCache, PATH: process.env.PATH ?? "" }, timeout: patience };
    const child = execFile(process.execPath, [main, ...args, "--json"], options, (_error, stdout) => {
      const result = JSON.parse(stdout.trim().split("\n").at(-1) || "null");
      resolve({ code: child.exitCode ?? -1, stdout, result });
    });
  });
}
