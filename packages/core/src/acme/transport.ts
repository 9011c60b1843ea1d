import type { IncomingHttpHeaders, IncomingMessage } from "node:http";
import { Agent, request } from "node:https";
import type { Socket } from "node:net";
import { TLSSocket } from "node:tls";
import { CertwrightError } from "@certwright/provider";
import { AcmeNetworkError, networkError, timeoutError } from "./network-error.ts";

/** One HTTP request to a CA. */
export interface TransportRequest {
  readonly method: "GET" | "HEAD" | "POST";
  readonly url: URL;
  /** A JWS in JSON; sent as `application/jose+json` (RFC 8555 section 6.2). */
  readonly body?: string;
  readonly accept?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** One whole HTTP answer. */
export interface TransportResponse {
  readonly method: string;
  readonly url: URL;
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** What is told about each request, for counting and for logs: never a body, never a header. */
export interface AcmeRequestEvent {
  readonly method: string;
  readonly url: string;
  /** HTTP status; 0 where no answer came. */
  readonly status: number;
  /** Duration in milliseconds. */
  readonly ms: number;
}

/** Limits of one request. */
export interface TransportLimits {
  /** Milliseconds for name look-up, TCP and TLS. Default: 10 000. */
  readonly connectMs?: number;
  /** Milliseconds without a single byte. Default: 30 000. */
  readonly idleMs?: number;
  /** Milliseconds from start to the last byte. Default: 60 000. */
  readonly totalMs?: number;
  /** Bytes of a body. Default: 1 MiB, far above any ACME object. */
  readonly bodyBytes?: number;
}

/** How to reach one CA. */
export interface TransportOptions extends TransportLimits {
  /** The value of `User-Agent` (RFC 8555 section 6.1 requires one). */
  readonly userAgent: string;
  /** Trusted roots in PEM, in place of the usual ones: for a private CA. */
  readonly caPem?: string;
  /** `HTTPS_PROXY` and `NO_PROXY` (either case) as in the environment. Needs Node 22.21 or 24.5. */
  readonly proxyEnv?: Readonly<Record<string, string | undefined>>;
  /** Connections at a time. Default: 16. */
  readonly connections?: number;
  readonly onRequest?: (event: AcmeRequestEvent) => void;
  /** Milliseconds of a steady clock. */
  readonly clock: () => number;
}

/** Sends requests over connections that stay open between them. */
export interface Transport {
  /**
   * Sends one request and reads the whole answer, whatever its status. Redirects are not followed.
   *
   * @throws AcmeNetworkError (`ACME_UNREACHABLE`, `ACME_TLS_UNTRUSTED`, `ACME_TIMEOUT`), `ACME_ANSWER_TOO_LARGE`,
   *   or the signal's reason.
   */
  send(request: TransportRequest): Promise<TransportResponse>;
  /** Closes idle connections. */
  close(): void;
}

/** Opens the way to one CA: a pool of TLS connections of its own, with its own trust. */
export function createTransport(options: TransportOptions): Transport {
  const agent = new Agent({
    keepAlive: true,
    maxSockets: options.connections ?? 16,
    scheduling: "lifo",
    ...(options.caPem === undefined ? {} : { ca: options.caPem }),
    ...(options.proxyEnv === undefined ? {} : { proxyEnv: options.proxyEnv }),
  });
  return {
    send: async (call) => {
      const started = options.clock();
      const report = (status: number): void =>
        options.onRequest?.({ method: call.method, url: call.url.href, status, ms: options.clock() - started });
      try {
        const response = await exchange(call, options, agent);
        report(response.status);
        return response;
      } catch (error) {
        report(0);
        throw error;
      }
    },
    close: () => agent.destroy(),
  };
}

function exchange(call: TransportRequest, options: TransportOptions, agent: Agent): Promise<TransportResponse> {
  const { method, url, signal } = call;
  const connectMs = options.connectMs ?? 10_000;
  const idleMs = options.idleMs ?? 30_000;
  const totalMs = options.totalMs ?? 60_000;
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted();
    let sent = false;
    const outgoing = request(url, {
      method,
      agent,
      headers: {
        "User-Agent": options.userAgent,
        Accept: call.accept ?? "application/json",
        "Accept-Language": "en",
        ...(call.body === undefined
          ? {}
          : { "Content-Type": "application/jose+json", "Content-Length": Buffer.byteLength(call.body) }),
      },
    });
    const fail = (error: Error): void => {
      outgoing.destroy();
      finish(() => reject(error));
    };
    let connecting: NodeJS.Timeout | undefined;
    const total = setTimeout(() => fail(timeoutError(url.host, "answer", totalMs, sent)), totalMs);
    const abort = (): void => fail(signal?.reason);
    signal?.addEventListener("abort", abort, { once: true });
    const finish = (settle: () => void): void => {
      clearTimeout(connecting);
      clearTimeout(total);
      signal?.removeEventListener("abort", abort);
      settle();
    };
    const connected = (): void => {
      clearTimeout(connecting);
      sent = true;
    };
    outgoing.setTimeout(idleMs, () => fail(timeoutError(url.host, "send anything", idleMs, sent)));
    outgoing.on("socket", (socket: Socket) => {
      // A socket from the pool, or from a request before, has done its handshake already; time spent waiting for a free
      // one is not connecting.
      if (socket instanceof TLSSocket && socket.authorized) return connected();
      connecting = setTimeout(() => fail(timeoutError(url.host, "connect", connectMs, false)), connectMs);
      socket.once("secureConnect", connected);
    });
    outgoing.on("error", (error) => fail(networkError(error, url.host, sent)));
    outgoing.on("response", (incoming) => {
      readBody(incoming, options.bodyBytes ?? 1_048_576, url.host).then(
        (body) =>
          finish(() => resolve({ method, url, status: incoming.statusCode ?? 0, headers: incoming.headers, body })),
        fail,
      );
    });
    outgoing.end(call.body);
  });
}

async function readBody(incoming: IncomingMessage, limit: number, host: string): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of incoming as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size > limit) {
        throw new CertwrightError("ACME_ANSWER_TOO_LARGE", `The CA at ${host} sent more than ${limit} bytes`, {
          hint: "No ACME object is that large; check the CA's address.",
        });
      }
      chunks.push(chunk);
    }
  } catch (error) {
    throw error instanceof CertwrightError ? error : networkError(error, host, true);
  }
  if (!incoming.complete)
    throw new AcmeNetworkError("ACME_UNREACHABLE", `The CA at ${host} broke off its answer`, {
      host,
      uncertain: true,
      retryable: true,
    });
  return Buffer.concat(chunks).toString("utf8");
}
