import { createServer as createHttp, type IncomingMessage } from "node:http";
import { createServer as createHttps } from "node:https";
import type { AddressInfo, Socket } from "node:net";
import type { TLSSocket } from "node:tls";
import type { Haproxy } from "@certwright/tools/servers";
import { routes } from "./fake-dataplane-routes.ts";
import type { FakeOptions, Said, Seen, State } from "./fake-dataplane-runtime.ts";

/*
 * The part of HAProxy's Data Plane API (v3) that concerns certificates, written after its specification and after what
 * a real one answers, and carried out on a real HAProxy: runtime requests become commands on its admin socket, reloads
 * are reloads. What the specification does not have is answered as the real one does, and told as a mistake.
 */

/** What a test wants a request to meet instead; `cut` ends the connection, `stall` never answers. */
export type Fault = Said | "cut" | "cut-body" | "garbage" | "stall" | undefined;

export interface FakeDataplane extends AsyncDisposable {
  readonly port: number;
  /** `PUT /services/haproxy/runtime/ssl_certs/{name}`, one for each request. */
  readonly requests: string[];
  /** Meets the next requests that it answers for. A fault that nothing met is a mistake of the test. */
  fault(meet: (seen: Seen) => Fault): void;
  /** Requests that the specification does not have. */
  readonly mistakes: string[];
}

export async function startFakeDataplane(haproxy: Haproxy, options: FakeOptions): Promise<FakeDataplane> {
  const requests: string[] = [];
  const mistakes: string[] = [];
  const faults: { meet: (seen: Seen) => Fault; met: boolean }[] = [];
  const reloads = new Map<string, { id: string; status: string; response?: string }>();
  const state: State = { haproxy, options, reloads };
  const open = new Set<Socket>();

  const handle = async (request: IncomingMessage): Promise<Fault> => {
    const body = await bodyOf(request);
    const url = new URL(request.url ?? "", "http://api");
    const seen = { method: request.method ?? "", path: url.pathname, query: url.searchParams, body };
    for (const each of faults) {
      const fault = each.meet(seen);
      if (fault === undefined) continue;
      each.met = true;
      return fault;
    }
    const basic = `Basic ${Buffer.from(`${options.user}:${options.password}`).toString("base64")}`;
    if (request.headers.authorization !== basic) return { status: 401, json: { code: 401, message: "unauthorized" } };
    const route = routes.find(({ method, pattern }) => method === seen.method && pattern.test(seen.path));
    const missing = {
      status: 404,
      json: { code: 404, message: `path ${decodeURIComponent(seen.path)} was not found` },
    };
    if (route === undefined || (options.before32 && route.since32)) {
      if (route === undefined) mistakes.push(`${seen.method} ${seen.path}`);
      return missing;
    }
    requests.push(`${seen.method} ${route.name}${shown(seen.query)}`);
    const strange = [...seen.query.keys()].filter((key) => !(route.query ?? []).includes(key));
    if (strange.length > 0) mistakes.push(`${route.name} with ${strange}`);
    if (route.type && request.headers["content-type"]?.split(";")[0] !== route.type)
      return { status: 415, json: { code: 415, message: `unsupported media type ${request.headers["content-type"]}` } };
    const parameter = decodeURIComponent(route.pattern.exec(seen.path)?.[1] ?? "");
    return route.act(state, { ...seen, parameter, type: request.headers["content-type"] ?? "" });
  };

  const listener = (request: IncomingMessage, response: import("node:http").ServerResponse) => {
    handle(request).then(
      (said) => {
        if (said === undefined || said === "stall") return;
        if (said === "cut") return void request.socket.destroy();
        if (said === "garbage") return void request.socket.end("Unknown command, but maybe one of the following");
        if (said === "cut-body") {
          response.writeHead(200, { "content-type": "application/json", "content-length": "1000" });
          response.write('{"api":', () => request.socket.destroy());
          return;
        }
        const text = said.json === undefined ? (said.text ?? "") : `${JSON.stringify(said.json)}\n`;
        const type = said.json === undefined ? {} : { "content-type": "application/json" };
        response.writeHead(said.status, { ...type, ...said.headers }).end(text);
      },
      (error: unknown) => {
        mistakes.push(String(error));
        response.writeHead(500).end();
      },
    );
  };
  const { tls } = options;
  const server = tls
    ? createHttps(
        {
          cert: tls.cert,
          key: tls.key,
          ...(tls.clientCa ? { ca: tls.clientCa, requestCert: true, rejectUnauthorized: true } : {}),
        },
        listener,
      )
    : createHttp(listener);
  const track = (socket: Socket | TLSSocket) => {
    open.add(socket);
    socket.on("close", () => open.delete(socket));
    socket.on("error", () => {});
  };
  server.on("connection", track);
  server.on("secureConnection", track);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    port: (server.address() as AddressInfo).port,
    requests,
    mistakes,
    fault: (meet) => faults.push({ meet, met: false }),
    [Symbol.asyncDispose]: async () => {
      for (const socket of open) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
      if (mistakes.length > 0) throw new Error(`the Data Plane API was asked wrongly: ${mistakes}`);
      if (faults.some(({ met }) => !met)) throw new Error("a fault that was prepared was not met");
    },
  };
}

function shown(query: URLSearchParams): string {
  const flags = [...query].filter(([, value]) => value === "true").map(([key]) => key);
  return flags.length > 0 ? `?${flags}` : "";
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}
