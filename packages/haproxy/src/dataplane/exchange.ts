import { readFile } from "node:fs/promises";
import { Agent as HttpAgent, type IncomingMessage, request as requestHttp } from "node:http";
import { Agent as HttpsAgent, request as requestHttps } from "node:https";
import { createSecureContext, type SecureContext } from "node:tls";
import { HaproxyError } from "../errors.ts";
import { connectError, type FindKey, readKey, timeoutError } from "../runtime/connect.ts";
import type { Node } from "../runtime/node.ts";
import type { DataplaneNode } from "./address.ts";

/** One request to a Data Plane API. */
export interface ApiRequest {
  readonly method: "GET" | "POST" | "PUT" | "DELETE";
  /** Under `/v3`, already encoded. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: { readonly type: string; readonly text: string };
  /** How large the answer may be. Default: 1 MiB. */
  readonly maxBytes?: number;
  /** Milliseconds instead of the usual, for what takes its time. */
  readonly timeout?: number;
}

export interface ApiReply {
  readonly status: number;
  readonly contentType: string;
  /** Of a reload that was asked for. */
  readonly reloadId?: string;
  /** Seconds, where the API says when to come again. */
  readonly retryAfter?: number;
  readonly text: string;
}

/** The way to one API: kept-open connections, credentials, limits. */
export interface Exchange {
  /** @throws HaproxyError HAPROXY_UNREACHABLE, HAPROXY_TLS, HAPROXY_TIMEOUT, HAPROXY_CONNECTION_CUT, HAPROXY_ANSWER_TOO_LARGE, HAPROXY_API_UNSUPPORTED */
  readonly send: (request: ApiRequest, signal?: AbortSignal) => Promise<ApiReply>;
  readonly close: () => void;
}

export interface ExchangeOptions {
  readonly signal: AbortSignal;
  /** Milliseconds for one request, from the connection to the end of its answer. */
  readonly timeout: number;
  /** Asked once, where the node names a user. */
  readonly password: () => Promise<string>;
  /** Needed for a client key that is in no file. */
  readonly key?: FindKey | undefined;
}

const usualLargest = 1024 * 1024;
// Requests to one node come one after the other, but looks at many certificates a few at a time.
const connections = 8;

/** @throws HaproxyError HAPROXY_TLS, and what finding the password throws */
export async function openExchange(node: DataplaneNode, options: ExchangeOptions): Promise<Exchange> {
  const isTls = node.url.startsWith("https:");
  const context = isTls ? await secureContext(node, options.key) : undefined;
  const authorization = node.user === undefined ? undefined : basic(node.user, await options.password());
  const keep = { keepAlive: true, maxSockets: connections };
  const { serverName } = node.tls;
  const agent = context
    ? new HttpsAgent({ ...keep, secureContext: context, ...(serverName ? { servername: serverName } : {}) })
    : new HttpAgent(keep);
  const headers = {
    accept: "application/json",
    ...(authorization === undefined ? {} : { authorization }),
  };
  const once = (request: ApiRequest, signal: AbortSignal) =>
    sendOnce(node, request, { agent, headers, isTls, signal, timeout: request.timeout ?? options.timeout });
  return {
    async send(request, signal = options.signal) {
      signal.throwIfAborted();
      try {
        return await once(request, signal);
      } catch (error) {
        // The other side may close a kept-open connection just as we use it. Whether it did anything is not known.
        if (error instanceof StaleConnection && isSafe(request)) return await once(request, signal);
        throw error;
      }
    },
    close: () => agent.destroy(),
  };
}

function isSafe({ method }: ApiRequest): boolean {
  return method === "GET" || method === "PUT";
}

class StaleConnection extends HaproxyError {}

interface Way {
  readonly agent: HttpAgent | HttpsAgent;
  readonly headers: Readonly<Record<string, string>>;
  readonly isTls: boolean;
  readonly signal: AbortSignal;
  readonly timeout: number;
}

function sendOnce(node: DataplaneNode, asked: ApiRequest, way: Way): Promise<ApiReply> {
  const { agent, isTls, signal, timeout } = way;
  const { body, maxBytes = usualLargest } = asked;
  const query = new URLSearchParams(asked.query).toString();
  const url = `${node.url}/v3${asked.path}${query === "" ? "" : `?${query}`}`;
  const bytes = body === undefined ? undefined : Buffer.from(body.text);
  const headers = {
    ...way.headers,
    ...(body && bytes ? { "content-type": body.type, "content-length": bytes.length } : {}),
  };
  return new Promise((resolve, reject) => {
    const request = (isTls ? requestHttps : requestHttp)(url, { method: asked.method, agent, headers });
    const settle = (act: () => void) => {
      clearTimeout(timer);
      signal.removeEventListener("abort", onAbort);
      act();
    };
    const fail = (error: unknown) =>
      settle(() => {
        request.on("error", () => {});
        request.destroy();
        reject(error);
      });
    const onAbort = () => fail(signal.reason);
    const timer = setTimeout(() => fail(timeoutError(asNode(node), timeout)), timeout);
    signal.addEventListener("abort", onAbort, { once: true });
    let answered = false;
    request.on("error", (cause: NodeJS.ErrnoException) => fail(brokenOff(node, cause, request, answered)));
    request.on("response", (response) => {
      answered = true;
      readBody(node, response, maxBytes).then(
        (text) => settle(() => resolve(replyOf(response, text))),
        (error) => fail(error),
      );
    });
    request.end(bytes);
  });
}

function readBody(node: DataplaneNode, response: IncomingMessage, maxBytes: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let length = 0;
    response.on("data", (chunk: Buffer) => {
      length += chunk.length;
      if (length <= maxBytes) chunks.push(chunk);
      else reject(tooLarge(node, maxBytes));
    });
    response.on("end", () => (response.complete ? resolve(Buffer.concat(chunks).toString("utf8")) : reject(cut(node))));
    response.on("error", (cause) => reject(cut(node, cause)));
  });
}

function replyOf({ statusCode = 0, headers }: IncomingMessage, text: string): ApiReply {
  const reloadId = headers["reload-id"];
  const retryAfter = /^\d{1,6}$/.exec(headers["retry-after"] ?? "")?.[0];
  return {
    status: statusCode,
    contentType: headers["content-type"] ?? "",
    ...(typeof reloadId === "string" && reloadId !== "" ? { reloadId } : {}),
    ...(retryAfter === undefined ? {} : { retryAfter: Number(retryAfter) }),
    text,
  };
}

async function secureContext(node: DataplaneNode, findKey: FindKey | undefined): Promise<SecureContext> {
  const { caFile, certFile, key: place } = node.tls;
  const read = (path: string) =>
    readFile(path).catch((cause: NodeJS.ErrnoException) => {
      throw unusable(node, `${path} cannot be read (${cause.code}).`, cause);
    });
  const [ca, cert, key] = await Promise.all([
    caFile === undefined ? undefined : read(caFile),
    certFile === undefined ? undefined : read(certFile),
    place === undefined ? undefined : readKey(node, place, read, findKey),
  ]);
  try {
    return createSecureContext({
      minVersion: "TLSv1.2",
      ...(ca ? { ca } : {}),
      ...(cert ? { cert } : {}),
      ...(key ? { key } : {}),
    });
  } catch {
    // No cause: an error of the key parser has no place near a log.
    throw unusable(node, `The certificates towards ${node.id} cannot be used.`);
  }
}

// RFC 7617 section 2.
function basic(user: string, password: string): string {
  return `Basic ${Buffer.from(`${user}:${password}`).toString("base64")}`;
}

function brokenOff(
  node: DataplaneNode,
  cause: NodeJS.ErrnoException,
  request: { readonly reusedSocket: boolean },
  answered: boolean,
): HaproxyError {
  if (/^HPE_/.test(cause.code ?? "")) {
    return new HaproxyError("HAPROXY_API_UNSUPPORTED", `${node.id} does not answer in HTTP.`, {
      node: node.id,
      cause,
      hint: "Give the address of a Data Plane API; the Runtime API of HAProxy is a haproxy: target.",
    });
  }
  if (cause.code !== "ECONNRESET" && cause.code !== "EPIPE") return connectError(asNode(node), cause);
  if (request.reusedSocket && !answered && cause.code === "ECONNRESET") {
    return new StaleConnection("HAPROXY_CONNECTION_CUT", cutMessage(node), { node: node.id, cause, retryable: true });
  }
  return cut(node, cause);
}

// The faults of a TCP connection are the same, whatever is spoken over it.
function asNode({ id, host, port }: DataplaneNode): Node {
  return { kind: "tcp", id, host, port };
}

function cutMessage(node: DataplaneNode): string {
  return `The connection to ${node.id} ended in the middle of an answer.`;
}

function cut(node: DataplaneNode, cause?: unknown): HaproxyError {
  return new HaproxyError("HAPROXY_CONNECTION_CUT", cutMessage(node), {
    node: node.id,
    retryable: true,
    ...(cause === undefined ? {} : { cause }),
    hint: "See the log of the Data Plane API, and of the proxy in front of it if there is one.",
  });
}

function tooLarge(node: DataplaneNode, maxBytes: number): HaproxyError {
  return new HaproxyError("HAPROXY_ANSWER_TOO_LARGE", `${node.id} answered with more than ${maxBytes} bytes.`, {
    node: node.id,
    hint: "Check that the address leads to a Data Plane API.",
  });
}

function unusable(node: DataplaneNode, message: string, cause?: unknown): HaproxyError {
  return new HaproxyError("HAPROXY_TLS", message, {
    node: node.id,
    ...(cause === undefined ? {} : { cause }),
    hint: "Check the ca, cert and key files in the node's address.",
  });
}
