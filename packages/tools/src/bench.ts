import { existsSync } from "node:fs";
import { join } from "node:path";
import { benchBatch } from "./bench/batch.ts";
import { benchHaproxy } from "./bench/haproxy.ts";
import { benchFleet } from "./bench/haproxy-fleet.ts";
import { type Command, measure, type Sample } from "./bench/measure.ts";
import { benchPlan } from "./bench/plan.ts";
import { startBind, startPebble, withTempDir } from "./servers/index.ts";

const bundle = join(import.meta.dirname, "../../cli/dist/main.js");
const program = [process.execPath, bundle] as const;

interface Part {
  readonly run: (dir: string) => Promise<void>;
  /** It starts the command, as it is published. */
  readonly ofBundle?: true;
  /** Not among the usual ones, for it keeps the machine busy for minutes. */
  readonly onRequest?: true;
}

const parts: ReadonlyMap<string, Part> = new Map<string, Part>([
  ["start", { run: startUp, ofBundle: true }],
  ["issue", { run: issuance, ofBundle: true }],
  ["batch", { run: async (dir) => console.log(await benchBatch(program, dir)), ofBundle: true }],
  ["plan", { run: async (dir) => console.log(await benchPlan(program, dir)), ofBundle: true }],
  ["haproxy", { run: async () => console.log(await benchHaproxy()) }],
  ["fleet", { run: async () => console.log((await benchFleet()).join("\n")), onRequest: true }],
]);

/**
 * `npm run bench`, `npm run bench -- batch plan`: the figures of docs/performance.md, measured here and now. Nothing is
 * judged; run it on a quiet machine.
 */
async function bench(wanted: readonly string[]): Promise<void> {
  const chosen = wanted.length === 0 ? [...parts.values()].filter(({ onRequest }) => !onRequest) : wanted.map(partOf);
  if (chosen.some(({ ofBundle }) => ofBundle) && !existsSync(bundle))
    throw new Error("there is no bundle to measure; run `npm run build` first");
  for (const { run } of chosen) await withTempDir(run);
}

function partOf(name: string): Part {
  const part = parts.get(name);
  if (part === undefined) throw new Error(`${name} is none of ${[...parts.keys()].join(", ")}`);
  return part;
}

/** What a person waits for before anything happens. */
async function startUp(state: string): Promise<void> {
  const node = await measure(15, () => ({ argv: [process.execPath, "-e", "0"] }));
  const help = await measure(15, () => certwright(["--help"]));
  const list = await measure(15, () => certwright(["list", "--state", join(state, "empty")]));
  say("node -e 0", node);
  say("certwright --help", help, `${ratio(help, node)} of node -e 0`);
  say("certwright list", list, `${ratio(list, node)} of node -e 0`);
}

/** One DNS-01 issuance with a known account, from process start to files on disk. */
async function issuance(state: string): Promise<void> {
  await using dns = await startBind({ zones: ["example.test"] });
  await using ca = await startPebble({ dnsServer: dns.address });
  const issue = (run: number): Command =>
    certwright(
      [
        "issue",
        ...["-d", `bench-${run}.example.test`, "--dns", "rfc2136"],
        ...["--server", ca.directoryUrl, "--ca-file", ca.caFile, "--accept-tos"],
        ...["--dns-resolvers", dns.address, "--dns-nameservers", dns.address],
        ...["--state", join(state, "issuance")],
      ],
      {
        RFC2136_NAMESERVER: dns.address,
        RFC2136_TSIG_KEY: dns.key.name,
        RFC2136_TSIG_ALGORITHM: dns.key.algorithm,
        RFC2136_TSIG_SECRET: dns.key.secret,
      },
    );
  const before = (await ca.requests()).length;
  const sample = await measure(11, issue);
  const requests = (await ca.requests()).length - before;
  say("issue, one name, known account", sample, `${requests} ACME requests in ${sample.runs + 1} runs`);
}

function certwright(args: readonly string[], env: Readonly<Record<string, string>> = {}): Command {
  return { argv: [...program, ...args], env };
}

function ratio(a: Sample, b: Sample): string {
  return `${(a.median / b.median).toFixed(2)}x`;
}

function say(what: string, { min, median, max, runs }: Sample, remark = ""): void {
  const ms = (value: number): string => value.toFixed(0).padStart(6);
  console.log(`${what.padEnd(34)} min ${ms(min)}  median ${ms(median)}  max ${ms(max)} ms  (${runs} runs)  ${remark}`);
}

await bench(process.argv.slice(2));
