import { randomBytes } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { answersForAll } from "./bind.ts";
import { freePort } from "./free-port.ts";
import { ensureServers } from "./install.ts";
import { findLibraryFolder } from "./layout.ts";
import { run } from "./run.ts";
import { type RunningServer, startServer } from "./running.ts";
import { makeMemoryDir } from "./temp-dir.ts";

export interface PowerdnsOptions {
  /** Names of the zones to create, through the API. */
  readonly zones: readonly string[];
}

export interface Powerdns extends RunningServer {
  readonly dnsHost: "127.0.0.1";
  readonly dnsPort: number;
  /** `host:port` of the DNS side. */
  readonly address: string;
  /** Base address of the HTTP API, without `/api/v1`: `http://127.0.0.1:port`. */
  readonly apiUrl: string;
  readonly apiKey: string;
}

/** Starts the PowerDNS authoritative server over SQLite with its HTTP API on. */
export async function startPowerdns(options: PowerdnsOptions): Promise<Powerdns> {
  const { dir: root } = await ensureServers("dns");
  const dir = await makeMemoryDir("pdns");
  const dnsPort = await freePort();
  const apiPort = await freePort();
  const apiKey = randomBytes(16).toString("hex");
  const database = join(dir, "pdns.sqlite3");
  const schema = join(root, "usr/share/pdns-backend-sqlite3/schema/schema.sqlite3.sql");
  await run(join(root, "usr/bin/sqlite3"), [database, `.read '${schema}'`]);
  const config = [
    "launch=gsqlite3",
    `gsqlite3-database=${database}`,
    `module-dir=${join(await findLibraryFolder(root), "pdns")}`,
    `socket-dir=${dir}`,
    "local-address=127.0.0.1",
    `local-port=${dnsPort}`,
    "webserver=yes",
    "webserver-address=127.0.0.1",
    `webserver-port=${apiPort}`,
    "api=yes",
    `api-key=${apiKey}`,
    "guardian=no",
    "daemon=no",
    "write-pid=no",
    "disable-syslog=yes",
    // What was asked while it was being changed would be remembered as it was before.
    "cache-ttl=0",
    "query-cache-ttl=0",
    "negquery-cache-ttl=0",
    // Otherwise it asks its makers' server for security notices.
    "security-poll-suffix=",
  ];
  await writeFile(join(dir, "pdns.conf"), `${config.join("\n")}\n`, { mode: 0o600 });
  const apiUrl = `http://127.0.0.1:${apiPort}`;
  const call = (path: string, init: RequestInit = {}) =>
    fetch(`${apiUrl}/api/v1/servers/localhost${path}`, {
      ...init,
      headers: { "X-API-Key": apiKey, "Content-Type": "application/json" },
      signal: AbortSignal.timeout(30_000),
    });
  const server = await startServer({
    name: "PowerDNS",
    dir,
    command: [join(root, "usr/sbin/pdns_server"), `--config-dir=${dir}`],
    ready: async () => (await call("")).ok,
  });
  try {
    for (const zone of options.zones) {
      const name = `${zone.replace(/\.$/, "")}.`;
      const address = { name: `ns.${name}`, type: "A", ttl: 60, records: [{ content: "127.0.0.1", disabled: false }] };
      const body = { name, kind: "Native", nameservers: [`ns.${name}`], rrsets: [address] };
      const answer = await call("/zones", { method: "POST", body: JSON.stringify(body) });
      if (!answer.ok) throw new Error(`PowerDNS refused zone ${name}: ${await answer.text()}`);
    }
    const dns = { host: "127.0.0.1", port: dnsPort };
    const deadline = performance.now() + 60_000;
    while (!(await answersForAll(options.zones, dns)))
      if (performance.now() > deadline) throw new Error(`PowerDNS does not serve ${options.zones.join(", ")}`);
  } catch (error) {
    await server.stop();
    throw error;
  }
  return { ...server, dnsHost: "127.0.0.1", dnsPort, address: `127.0.0.1:${dnsPort}`, apiUrl, apiKey };
}
