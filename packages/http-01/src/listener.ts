import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { CertwrightError } from "@certwright/provider";

/** Where to listen. */
export interface ListenAddress {
  /** Left out: every address, IPv6 and IPv4. */
  readonly host?: string;
  readonly port: number;
}

/** A running server that answers challenge paths and nothing else. */
export interface ChallengeListener {
  readonly port: number;
  close(): Promise<void>;
}

const prefix = "/.well-known/acme-challenge/";

/**
 * Listens for the CA and answers the tokens it is given (RFC 8555 section 8.3); everything else is 404.
 * The door is narrow on purpose: few headers, short time limits, one small answer for each request.
 *
 * @param answerTo the key authorization of a token, or undefined for one that is not ours
 * @throws CertwrightError `HTTP_PORT_IN_USE`, `HTTP_PORT_FORBIDDEN`, `HTTP_LISTEN_FAILED`
 */
export async function listenForChallenges(
  address: ListenAddress,
  answerTo: (token: string) => string | undefined,
): Promise<ChallengeListener> {
  const server = createServer(
    {
      maxHeaderSize: 8_192,
      headersTimeout: 5_000,
      requestTimeout: 10_000,
      keepAliveTimeout: 1_000,
      connectionsCheckingInterval: 1_000,
    },
    (request, response) => respond(request, response, answerTo),
  );
  server.maxConnections = 256;
  await listening(server, address);
  const bound = server.address();
  return {
    port: typeof bound === "object" && bound !== null ? bound.port : address.port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function respond(
  request: IncomingMessage,
  response: ServerResponse,
  answerTo: (token: string) => string | undefined,
): void {
  request.resume();
  const path = request.url?.split("?", 1)[0] ?? "";
  const readable = request.method === "GET" || request.method === "HEAD";
  const answer = readable && path.startsWith(prefix) ? answerTo(path.slice(prefix.length)) : undefined;
  response.setHeader("Content-Type", "text/plain");
  response.setHeader("Cache-Control", "no-store");
  response.statusCode = answer === undefined ? 404 : 200;
  response.end(answer ?? "");
}

function listening(server: Server, address: ListenAddress): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) => reject(listenError(error, address)));
    server.listen({ port: address.port, ...(address.host === undefined ? {} : { host: address.host }) }, resolve);
  });
}

function listenError(error: NodeJS.ErrnoException, address: ListenAddress): CertwrightError {
  const place = `${address.host ?? "every address"}, port ${address.port}`;
  if (error.code === "EADDRINUSE") {
    return new CertwrightError("HTTP_PORT_IN_USE", `another program listens on ${place} already`, {
      hint: "Use --webroot with the server that runs there, or let HAProxy answer (--http haproxy:SOCKET).",
      cause: error,
    });
  }
  if (error.code === "EACCES") {
    return new CertwrightError("HTTP_PORT_FORBIDDEN", `this user may not listen on ${place}`, {
      hint: "Run as root or give the program CAP_NET_BIND_SERVICE, or listen on a high port that port 80 is forwarded to.",
      cause: error,
    });
  }
  return new CertwrightError("HTTP_LISTEN_FAILED", `cannot listen on ${place}: ${error.message}`, {
    hint: "Check the address given to --listen.",
    cause: error,
  });
}
