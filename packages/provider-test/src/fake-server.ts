import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { type Answer, answer, plainRefusal, toAnswer } from "./answer.ts";
import type { FakeDns } from "./fake-dns.ts";
import { type Fault, undoes } from "./faults.ts";
import { Refusal } from "./refusal.ts";
import { type ApiRequest, readRequest } from "./request.ts";
import type { CompiledRoute } from "./routes.ts";

/** What the server plays at the moment: one case's API and state. */
export interface Scene {
  readonly dns: FakeDns;
  readonly routes: readonly CompiledRoute[];
  /** The path of the endpoint, without a slash at the end. */
  readonly basePath: string;
  readonly authorized: (request: ApiRequest) => boolean;
  readonly refuse: (refusal: Refusal, request: ApiRequest) => Answer;
  fault: Fault | undefined;
  /** Rewrites answers' bodies, to spell names another way. */
  respell: ((body: string) => string) | undefined;
  /** Called when a request has arrived, before it is answered. */
  onRequest: (() => void) | undefined;
  /** Called when a request has met the fault `timeout`: lets the caller's patience end. */
  onTimeout: (() => void) | undefined;
  /** One line per request: method, path, status. */
  readonly transcript: string[];
  /** What no provider may do: requests no route is for, and faults of the routes themselves. */
  readonly complaints: string[];
  /** Requests somebody made, whether they have arrived or not. */
  made: number;
  /** Patterns of the routes that answered. */
  readonly used: Set<string>;
  /** Requests that changed the state. */
  changing: number;
  /** The most requests under way at once. */
  busiest: number;
}

/** A real HTTP server on loopback that plays one scene at a time. */
export interface FakeServer {
  readonly origin: string;
  play(scene: Scene): void;
  /** Drops requests left hanging and forgets the scene. */
  clear(): void;
  close(): Promise<void>;
}

/** Where requests to declared hosts other than the endpoint's arrive: `/@/login.example/token`. */
export const otherHostPrefix = "/@/";

const bodyLimit = 8 * 1024 * 1024;

/** Starts the server on a free port of 127.0.0.1. It does not keep the process alive by itself. */
export async function startFakeServer(): Promise<FakeServer> {
  let scene: Scene | undefined;
  let underWay = 0;
  const hanging = new Set<ServerResponse>();

  const server: Server = createServer(async (message, response) => {
    const playing = scene;
    if (playing === undefined) return void response.destroy();
    underWay += 1;
    playing.busiest = Math.max(playing.busiest, underWay);
    response.once("close", () => {
      underWay -= 1;
      hanging.delete(response);
    });
    try {
      const request = readRequest(message, await readBody(message), pathUnder(playing, message));
      playing.onRequest?.();
      // One turn of the loop later, so that calls made at once really overlap.
      await new Promise(setImmediate);
      const outcome = perform(playing, request);
      playing.transcript.push(
        `${request.method} ${request.path} -> ${typeof outcome === "string" ? outcome : outcome.status}`,
      );
      if (outcome === "hang") hanging.add(response);
      else if (outcome === "timeout") {
        playing.onTimeout?.();
        // Clients that do not go through the context's fetch never hear of it: for them the line breaks.
        setTimeout(() => response.destroy(), 100).unref();
      } else if (outcome === "cut") response.destroy();
      else send(response, outcome);
    } catch (error) {
      playing.complaints.push(`the fake API failed: ${error instanceof Error ? error.stack : error}`);
      if (!response.headersSent) send(response, answer(500, { message: "the fake API failed" }));
    }
  });
  server.on("connection", (socket) => socket.unref());
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen({ host: "127.0.0.1", port: 0 }, resolve);
  });
  server.unref();
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    play(next) {
      scene = next;
    },
    clear() {
      for (const response of hanging) response.destroy();
      scene = undefined;
    },
    close() {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

function pathUnder({ basePath }: Scene, message: IncomingMessage): string {
  const path = (message.url ?? "/").replace(/[?#].*$/s, "");
  if (path.startsWith(otherHostPrefix)) return `https://${path.slice(otherHostPrefix.length)}`;
  if (path === basePath) return "/";
  return path.startsWith(`${basePath}/`) ? path.slice(basePath.length) : `(outside the endpoint) ${path}`;
}

/** Answers one request, with the fault that meets it. */
function perform(scene: Scene, request: ApiRequest): Answer | "hang" | "timeout" | "cut" {
  const { dns } = scene;
  const restore = dns.snapshot();
  const before = dns.changes;
  const done = respond(scene, request);
  const changed = dns.changes > before;
  const fault = scene.fault;
  if (fault === undefined || fault.times <= 0 || (fault.on === "change" && !changed)) {
    if (changed) scene.changing += 1;
    return done;
  }
  scene.fault = { ...fault, times: fault.times - 1 };
  if (undoes(fault)) restore();
  if (typeof fault.act === "function") return fault.act(request);
  if (fault.act === "truncate") return { ...done, body: done.body.slice(0, done.body.length / 2) };
  return fault.act === "cutAfter" ? "cut" : fault.act;
}

function respond(scene: Scene, request: ApiRequest): Answer {
  try {
    const [found] = scene.routes.flatMap((compiled) => {
      const matched = compiled.match(request);
      return matched ? [{ compiled, matched }] : [];
    });
    if (!found) {
      scene.complaints.push(`unexpected request: ${request.method} ${request.path} ${request.text.slice(0, 500)}`);
      return answer(501, { message: "the fake API has no such route" });
    }
    const { compiled, matched } = found;
    if (!compiled.open && !scene.authorized(matched)) throw new Refusal(401, "wrong credentials");
    scene.used.add(compiled.pattern);
    const result = toAnswer(compiled.route(matched, scene.dns));
    return scene.respell ? { ...result, body: scene.respell(result.body) } : result;
  } catch (error) {
    if (error instanceof Refusal) return scene.refuse(error, request);
    scene.complaints.push(
      `a route failed: ${request.method} ${request.path}: ${error instanceof Error ? error.stack : error}`,
    );
    return plainRefusal(new Refusal(500, "a route failed"));
  }
}

function send(response: ServerResponse, { status, body, headers }: Answer) {
  response.writeHead(status, { ...headers, ...(status === 204 ? {} : { "content-length": Buffer.byteLength(body) }) });
  response.end(status === 204 ? undefined : body);
}

async function readBody(message: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of message as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > bodyLimit) throw new Error("the request body is over 8 MiB");
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
