import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { answersForAll, type DnsServer, type DnsServerOptions } from "./bind.ts";
import { freePort } from "./free-port.ts";
import { ensureServers } from "./install.ts";
import { startServer } from "./running.ts";
import { makeTempDir } from "./temp-dir.ts";
import { makeTsigKey, zoneFile, zoneName } from "./zone-file.ts";

/** Starts Knot DNS, authoritative for the zones. It answers for every zone when the promise resolves. */
export async function startKnot(options: DnsServerOptions): Promise<DnsServer> {
  const { dir: root } = await ensureServers("dns");
  const { ipv6 = false, updates = true, tsigKey: key = makeTsigKey() } = options;
  const dir = await makeTempDir("knot");
  const port = await freePort();
  for (const folder of ["zones", "run", "db"]) await mkdir(join(dir, folder));
  for (const zone of options.zones) await writeFile(join(dir, "zones", zoneName(zone)), zoneFile(zone, ipv6));
  const actions = updates ? "[update, transfer]" : "[transfer]";
  const config = [
    "server:",
    `  rundir: "${dir}/run"`,
    `  listen: [127.0.0.1@${port}${ipv6 ? `, "::1@${port}"` : ""}]`,
    "  udp-workers: 1",
    "  tcp-workers: 1",
    "  background-workers: 1",
    "database:",
    `  storage: "${dir}/db"`,
    "log:",
    "  - target: stdout",
    "    any: info",
    "key:",
    `  - id: ${key.name}`,
    `    algorithm: ${key.algorithm}`,
    `    secret: ${key.secret}`,
    "acl:",
    "  - id: keyholder",
    `    key: ${key.name}`,
    `    action: ${actions}`,
    "zone:",
    ...options.zones.flatMap((zone) => [
      `  - domain: ${zoneName(zone)}`,
      `    file: "${dir}/zones/${zoneName(zone)}"`,
      "    acl: keyholder",
    ]),
  ];
  await writeFile(join(dir, "knot.conf"), `${config.join("\n")}\n`, { mode: 0o600 });
  const address = { host: "127.0.0.1" as const, port };
  const server = await startServer({
    name: "Knot DNS",
    dir,
    command: [join(root, "usr/sbin/knotd"), "-c", join(dir, "knot.conf")],
    ready: () => answersForAll(options.zones, address),
  });
  return { ...server, ...address, address: `127.0.0.1:${port}`, key };
}
