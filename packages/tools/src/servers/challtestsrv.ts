import { join } from "node:path";
import { freePort } from "./free-port.ts";
import { ensureServers } from "./install.ts";
import { type RunningServer, startServer } from "./running.ts";
import { makeTempDir } from "./temp-dir.ts";

export interface Challtestsrv extends RunningServer {
  /** `host:port` of its DNS server, which answers 127.0.0.1 to every A query by default. */
  readonly dns: string;
  /** Port of its http-01 responder. */
  readonly httpPort: number;
  /** Port of its tls-alpn-01 responder. */
  readonly tlsPort: number;
  readonly managementUrl: string;
  /** One management call, such as `("set-txt", { host: "_acme-challenge.a.test.", value: "v" })`; returns the answer's text. */
  manage(action: string, body: object): Promise<string>;
}

/** Starts pebble-challtestsrv: a DNS server and challenge responders that do what they are told. */
export async function startChalltestsrv(): Promise<Challtestsrv> {
  const { dir: root } = await ensureServers("demo");
  const dir = await makeTempDir("chall");
  const [dns, management] = [`127.0.0.1:${await freePort()}`, `127.0.0.1:${await freePort()}`];
  const [httpPort, tlsPort] = [await freePort(), await freePort()];
  const managementUrl = `http://${management}`;
  const call = (action: string, body: object) =>
    fetch(`${managementUrl}/${action}`, {
      method: "POST",
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(30_000),
    });
  const server = await startServer({
    name: "pebble-challtestsrv",
    dir,
    command: [
      join(root, "usr/bin/pebble-challtestsrv"),
      ...["-dnsserver", dns, "-management", management],
      ...["-http01", `127.0.0.1:${httpPort}`, "-tlsalpn01", `127.0.0.1:${tlsPort}`],
      ...["-https01", "", "-doh", "", "-defaultIPv6", ""],
    ],
    ready: async () => (await call("clear-txt", { host: "ready.invalid." })).ok,
  });
  return {
    ...server,
    dns,
    httpPort,
    tlsPort,
    managementUrl,
    manage: async (action, body) => {
      const answer = await call(action, body);
      const text = await answer.text();
      if (!answer.ok) throw new Error(`pebble-challtestsrv ${action}: status ${answer.status} ${text}`);
      return text;
    },
  };
}
