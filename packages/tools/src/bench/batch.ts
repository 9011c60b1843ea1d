import { readFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { startBind, startPebble } from "../servers/index.ts";
import { spend } from "./spend.ts";

const count = 200;
/** Ticks of the kernel's clock in a second, which /proc counts in. */
const ticks = 100;

/** New certificates of one name each, all at once, from one file: what a first run over a configuration costs. */
export async function benchBatch(certwright: readonly [string, ...string[]], dir: string): Promise<string> {
  await using dns = await startBind({ zones: ["example.test"] });
  await using ca = await startPebble({ dnsServer: dns.address });
  const names = Array.from({ length: count }, (_, index) => `batch-${index}.example.test`);
  const file = join(dir, "certwright.yaml");
  await writeFile(
    file,
    [
      `state: { location: ${join(dir, "batch")} }`,
      "accounts: { ops: { acceptTerms: true } }",
      `cas: { pebble: { url: "${ca.directoryUrl}", caFile: "${ca.caFile}" } }`,
      "providers:",
      `  rfc2136: { options: { nameserver: "${dns.address}", keyName: ${dns.key.name}, keyAlgorithm: ${dns.key.algorithm}, keySecret: { env: BENCH_SECRET } } }`,
      `defaults: { dns: { resolvers: ["${dns.address}"], nameservers: ["${dns.address}"] } }`,
      "certificates:",
      ...names.map((name) => `  ${name}:`),
      "",
    ].join("\n"),
  );
  const env = { BENCH_SECRET: dns.key.secret };
  const before = { ca: cpuSeconds(ca.pid), dns: cpuSeconds(dns.pid) };
  const { wall, user, system, peak } = await spend({
    argv: [...certwright, "renew", "--config", file, "--quiet"],
    env,
  });
  const requests = await ca.requests();
  const kinds = Map.groupBy(requests, ({ path }) => path.split("/")[1] ?? "");
  const perKind = [...kinds].map(([kind, each]) => `${kind} ${each.length}`).join(", ");
  return [
    `${count} new certificates: ${wall.toFixed(1)} s, ${(count / wall).toFixed(1)} a second; CPU ${(user + system).toFixed(1)} s (user ${user.toFixed(1)}, system ${system.toFixed(1)}), at most ${peak.toFixed(0)} MB`,
    `  Pebble ${(cpuSeconds(ca.pid) - before.ca).toFixed(1)} s CPU, BIND ${(cpuSeconds(dns.pid) - before.dns).toFixed(1)} s CPU`,
    `  ${requests.length} ACME requests, ${(requests.length / count).toFixed(2)} a certificate: ${perKind}`,
  ].join("\n");
}

/** What a process has used so far. */
function cpuSeconds(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]?.split(" ") ?? [];
  return (Number(fields[11]) + Number(fields[12])) / ticks;
}
