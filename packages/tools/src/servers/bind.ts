import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { answersFor } from "./dns-answers.ts";
import { freePort } from "./free-port.ts";
import { ensureServers } from "./install.ts";
import { type RunningServer, startServer } from "./running.ts";
import { makeMemoryDir } from "./temp-dir.ts";
import { makeTsigKey, type TsigKey, type ZoneOption, zoneFile, zoneName } from "./zone-file.ts";

export interface DnsServerOptions {
  readonly zones: readonly ZoneOption[];
  /** Key that may transfer and update every zone; default: a new random HMAC-SHA256 key. */
  readonly tsigKey?: TsigKey;
  /** Listen on ::1 too, same port; default false. */
  readonly ipv6?: boolean;
  /** False: the key is known but updates are refused; default true. */
  readonly updates?: boolean;
  /** Zones another server has (`host:port`, by zone), which those who want recursion get from there, always anew. */
  readonly forward?: Readonly<Record<string, string>>;
}

export interface DnsServer extends RunningServer {
  readonly host: "127.0.0.1";
  readonly port: number;
  /** `host:port`. */
  readonly address: string;
  readonly key: TsigKey;
}

/**
 * Connections that may wait, or be open. By default ten wait: the eleventh of a CA that validates many names at once is
 * dropped by the kernel and tried again after one second, then three, and the CA gives up.
 */
const clients = 1000;

/** Starts BIND, authoritative for the zones. It answers for every zone when the promise resolves. */
export async function startBind(options: DnsServerOptions): Promise<DnsServer> {
  const { dir: root } = await ensureServers("demo");
  const { ipv6 = false, updates = true, forward = {}, tsigKey: key = makeTsigKey() } = options;
  const dir = await makeMemoryDir("bind");
  const port = await freePort();
  await mkdir(join(dir, "zones"));
  const zones: string[] = [];
  for (const zone of options.zones) {
    const name = zoneName(zone);
    await writeFile(join(dir, "zones", name), zoneFile(zone, ipv6));
    const policy = updates ? `allow-update { key "${key.name}"; };` : "";
    zones.push(`zone "${name}" { type primary; file "zones/${name}"; ${policy} };`);
  }
  for (const [name, address] of Object.entries(forward))
    zones.push(`zone "${name}" { type forward; forward only; forwarders { ${address.replace(":", " port ")}; }; };`);
  const recursion = zones.length > options.zones.length ? "yes; max-cache-ttl 0; max-ncache-ttl 0" : "no";
  const config = `
    key "${key.name}" { algorithm ${key.algorithm}; secret "${key.secret}"; };
    options {
      directory "${dir}";
      listen-on port ${port} { 127.0.0.1; };
      listen-on-v6 ${ipv6 ? `port ${port} { ::1; }` : "{ none; }"};
      pid-file none; session-keyfile "${dir}/session.key";
      tcp-listen-queue ${clients}; tcp-clients ${clients};
      recursion ${recursion}; dnssec-validation no; empty-zones-enable no; notify no; send-cookie no;
      allow-query { any; }; allow-transfer { key "${key.name}"; };
    };
    controls { };
    ${zones.join("\n    ")}
  `;
  await writeFile(join(dir, "named.conf"), config, { mode: 0o600 });
  const address = { host: "127.0.0.1" as const, port };
  const server = await startServer({
    name: "BIND",
    dir,
    command: [join(root, "usr/sbin/named"), "-g", "-n", "1", "-c", join(dir, "named.conf")],
    ready: () => answersForAll(options.zones, address),
  });
  return { ...server, ...address, address: `127.0.0.1:${port}`, key };
}

/** True when the server answers for every one of the zones. */
export async function answersForAll(zones: readonly ZoneOption[], address: { host: string; port: number }) {
  const answers = await Promise.all(zones.map((zone) => answersFor(zoneName(zone), address)));
  return answers.every(Boolean);
}
