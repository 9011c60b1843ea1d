import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { exchange, parseServer } from "@certwright/dns";
import { type PebbleOptions, startBind, startPebble, type ZoneOption } from "@certwright/tools/servers";
import { expectDocumented } from "./json-lines.ts";

/** The program, from source. */
export const main = fileURLToPath(new URL("../packages/cli/src/main.ts", import.meta.url));

/**
 * For processes that run our sources: Node keeps there what it made of each file, by the file's content, and does not make
 * it anew hundreds of times.
 */
export const compileCache = {
  NODE_COMPILE_CACHE: fileURLToPath(new URL("../node_modules/.cache/compiled", import.meta.url)),
};

/** Milliseconds after which a process hangs; it judges nothing, for a busy machine is slow. */
export const patience = 180_000;

const preload = (file: string) => ({ NODE_OPTIONS: `--import=${fileURLToPath(new URL(file, import.meta.url))}` });

/** The environment in which a program has the clock of test/fast-clock.ts. */
export const fastClock = preload("./fast-clock.ts");

/**
 * The environment in which a program is ended by a signal as soon as it has told an event (`--json`): however slowly that is
 * read, and however quickly the program would go on.
 */
export const endedAt = (event: string, signal: NodeJS.Signals = "SIGKILL") => ({
  ...preload("./kill-at.ts"),
  KILL_AT: `after event 1 ${event}`,
  KILL_BY: signal,
});

/** What a command line came to. */
export interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** How one command line differs from the plain one. */
export interface CommandOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** Called with each line of standard output as it comes, and a way to send signals. */
  readonly onLine?: (line: string, kill: (signal: NodeJS.Signals) => void) => void;
}

/** A CA, a name server, an empty state, and the command as a process of its own over them. */
export async function startCommand(
  pebble: Partial<PebbleOptions> = {},
  zones: readonly ZoneOption[] = ["example.test"],
) {
  await using started = new AsyncDisposableStack();
  const dns = started.use(await startBind({ zones }));
  const ca = started.use(await startPebble({ dnsServer: dns.address, ...pebble }));
  const dir = started.adopt(await mkdtemp(join(tmpdir(), "certwright-cli-")), (path) => rm(path, { recursive: true }));
  const environment = {
    PATH: process.env.PATH ?? "",
    HOME: dir,
    RFC2136_NAMESERVER: dns.address,
    RFC2136_TSIG_KEY: dns.key.name,
    RFC2136_TSIG_ALGORITHM: dns.key.algorithm,
    RFC2136_TSIG_SECRET: dns.key.secret,
    CERTWRIGHT_STATE: join(dir, "state"),
    CERTWRIGHT_SERVER: ca.directoryUrl,
    CERTWRIGHT_CA_FILE: ca.caFile,
    CERTWRIGHT_ACCEPT_TOS: "1",
    CERTWRIGHT_DNS_RESOLVERS: dns.address,
    CERTWRIGHT_DNS_NAMESERVERS: dns.address,
  };
  const all = started.move();
  return {
    dns,
    ca,
    dir,
    run: async (args: readonly string[], { env = {}, onLine }: CommandOptions = {}): Promise<Ended> => {
      const ended = await runMain(args, { ...environment, ...env }, dir, onLine);
      if (args.includes("--json") && !args.includes("--help") && ended.stdout !== "")
        expectDocumented(args, ended.stdout);
      return ended;
    },
    /** The TXT values at a name, as the name server itself has them. */
    txt: async (name: string): Promise<readonly string[]> => {
      const { answers } = await exchange({ name, type: "TXT" }, parseServer(dns.address), { recursive: false });
      return answers.flatMap((record) => (record.type === "TXT" ? record.value : []));
    },
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  };
}

/** The last JSON line: the result. */
export function resultOf({ stdout }: Ended) {
  return JSON.parse(stdout.trim().split("\n").at(-1) ?? "null");
}

/** Runs the command as a process of its own, in `cwd`, with this environment and no other. */
export function runMain(
  args: readonly string[],
  env: Readonly<Record<string, string>>,
  cwd: string,
  onLine: CommandOptions["onLine"],
): Promise<Ended> {
  const child = spawn(process.execPath, [main, ...args], {
    env: { ...compileCache, ...env },
    cwd,
    stdio: ["ignore", "pipe", "pipe"],
    timeout: patience,
  });
  let stdout = "";
  let stderr = "";
  let begun = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
    const lines = (begun + text).split("\n");
    begun = lines.pop() ?? "";
    for (const line of lines) onLine?.(line, (signal) => child.kill(signal));
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
  });
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => resolve({ code: code ?? -1, stdout, stderr }));
  });
}
