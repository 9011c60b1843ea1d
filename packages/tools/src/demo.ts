import { spawn } from "node:child_process";
import { join } from "node:path";
import { handshake, type Shown } from "./demo/handshake.ts";
import { type Site, siteName, siteWildcard, startSite } from "./demo/site.ts";
import { startTraffic } from "./demo/traffic.ts";
import { ensureServers, ServersUnavailableError, withTempDir } from "./servers/index.ts";

/** `npm run demo`: a certificate over DNS-01, live in a running HAProxy, against real servers. */
async function demo(): Promise<number> {
  say("Fetching Pebble (a CA), BIND (a name server) and HAProxy as Debian packages, unless they are here already.");
  await ensureServers("demo", (line) => say(`  ${line}`));
  await using site = await startSite();
  say(`Running on 127.0.0.1: Pebble, BIND for example.test, and HAProxy with ${siteName} and traffic through it.`);
  const port = site.haproxy.ports.tls ?? 0;
  const before = await handshake(port, siteName);
  const pid = await site.haproxy.workerPid();
  const traffic = startTraffic(port, siteName);
  const code = await withTempDir((state) => certwright(site, state));
  const after = await handshake(port, siteName);
  const wildcard = await handshake(port, "any.example.test");
  await traffic.stop();
  const pidNow = await site.haproxy.workerPid();

  say("");
  say("What a client sees, by TLS handshake:");
  say(`  before                ${show(before)}`);
  say(`  after                 ${show(after)}`);
  say(`  after, any.example.test  ${show(wildcard)}`);
  say(`HAProxy process: ${pid} before, ${pidNow} after.`);
  say(`Requests while it happened: ${traffic.made()}, failed: ${traffic.failed()}.`);
  const live = after.serial !== before.serial && wildcard.serial === after.serial;
  const ok = code === 0 && live && pid === pidNow && traffic.failed() === 0 && traffic.made() > 0;
  say(
    ok
      ? "All of it holds. Stopping everything that was started."
      : "Something does not hold. Stopping everything that was started.",
  );
  return ok ? 0 : 1;
}

/** Runs the command as a person would, and shows it. */
function certwright({ ca, dns, haproxy }: Site, state: string): Promise<number> {
  const args = [
    "issue",
    ...["-d", siteName, "-d", siteWildcard],
    ...["--dns", "rfc2136"],
    ...["--server", ca.directoryUrl, "--ca-file", ca.caFile],
    ...["--dns-resolvers", dns.address, "--dns-nameservers", dns.address],
    ...["--email", "demo@example.test", "--accept-tos"],
    ...["--deploy", `haproxy:${haproxy.adminSocket}`],
    ...["--state", state],
  ];
  say("");
  say(`$ certwright ${args.map((arg) => (arg.includes("*") ? `'${arg}'` : arg)).join(" ")}`);
  const env = {
    ...process.env,
    RFC2136_NAMESERVER: dns.address,
    RFC2136_TSIG_KEY: dns.key.name,
    RFC2136_TSIG_ALGORITHM: dns.key.algorithm,
    RFC2136_TSIG_SECRET: dns.key.secret,
  };
  const main = join(import.meta.dirname, "../../cli/src/main.ts");
  const child = spawn(process.execPath, [main, ...args], { env, stdio: ["ignore", "inherit", "inherit"] });
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("exit", (exitCode) => resolve(exitCode ?? 1));
  });
}

function show({ names, issuer, serial, notAfter }: Shown): string {
  return `${names}  by ${issuer}, serial ${serial}, until ${notAfter}`;
}

function say(line: string): void {
  console.log(line);
}

try {
  process.exitCode = await demo();
} catch (error) {
  if (!(error instanceof ServersUnavailableError)) throw error;
  console.error(`error ${error.code}: ${error.message}\n  ${error.hint}`);
  process.exitCode = 1;
}
