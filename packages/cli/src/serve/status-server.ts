import { createServer, type Server } from "node:http";
import { messageOf } from "@certwright/provider/errors";
import { cliError } from "../errors.ts";
import type { ListenAddress } from "../parts/listen-address.ts";

/** What the service answers; each is asked anew for each request. */
export interface StatusPages {
  /** Prometheus text format. */
  metrics(): Promise<string>;
  readiness(): { readonly ready: boolean } & Readonly<Record<string, unknown>>;
}

/** A listening server. */
export interface StatusServer {
  readonly address: string;
  close(): Promise<void>;
}

/** `/metrics`, `/healthz` (the process answers) and `/readyz` (it can do its work), read only, bounded in time and size. */
export async function startStatusServer(
  { host, port }: Required<ListenAddress>,
  pages: StatusPages,
): Promise<StatusServer> {
  const server = createServer({ maxHeaderSize: 8 * 1024, requestTimeout: 10_000 }, (request, response) => {
    const answer = (status: number, type: string, body: string): void => {
      response.writeHead(status, { "content-type": type, "cache-control": "no-store", connection: "close" });
      response.end(request.method === "HEAD" ? undefined : body);
    };
    if (request.method !== "GET" && request.method !== "HEAD") return answer(405, "text/plain", "only GET\n");
    const path = (request.url ?? "").split("?")[0];
    if (path === "/healthz") return answer(200, "text/plain", "ok\n");
    if (path === "/readyz") {
      const readiness = pages.readiness();
      return answer(readiness.ready ? 200 : 503, "application/json", `${JSON.stringify(readiness)}\n`);
    }
    if (path !== "/metrics") return answer(404, "text/plain", "there are /metrics, /healthz and /readyz\n");
    pages.metrics().then(
      (text) => answer(200, "text/plain; version=0.0.4; charset=utf-8", text),
      () => answer(500, "text/plain", "the state cannot be read\n"),
    );
  });
  server.maxConnections = 64;
  await listen(server, host, port);
  const shown = host.includes(":") ? `[${host}]` : host;
  const bound = server.address();
  return {
    address: `${shown}:${typeof bound === "object" && bound !== null ? bound.port : port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function listen(server: Server, host: string, port: number): Promise<void> {
  try {
    await new Promise<void>((resolve, reject) => {
      // Kept: a connection that cannot be taken later must not end the service.
      server.on("error", reject);
      server.listen(port, host, () => resolve());
    });
  } catch (cause) {
    const reason = messageOf(cause);
    throw cliError("CLI_LISTEN", `the service cannot listen on ${host} port ${port}: ${reason}`, {
      hint: "Choose another address with --listen or serve.listen, or end what listens there.",
      cause,
    });
  }
}
