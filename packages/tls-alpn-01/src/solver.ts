import { createSecureContext, createServer, type SecureContext, type Server } from "node:tls";
import { type Solver, type Task, tlsAlpn01Proof } from "@certwright/core";
import { CertwrightError } from "@certwright/provider";
import { createChallengeCertificate } from "./certificate.ts";

/** RFC 8737 section 6.2. */
const protocol = "acme-tls/1";

/** Where to listen; the CA connects to port 443, so another port must be forwarded to. */
export interface TlsAlpnAddress {
  /** Left out: every address, IPv6 and IPv4. */
  readonly host?: string;
  readonly port: number;
}

/** Meets tls-alpn-01 with a TLS listener of its own, up only while a challenge is open. */
export function createTlsAlpnSolver(address: TlsAlpnAddress, now: () => number): Solver {
  const contexts = new Map<string, SecureContext>();
  let server: Promise<Server> | undefined;

  return {
    type: "tls-alpn-01",
    label: `tls-alpn-01 (port ${address.port})`,
    solves: (_identifier, wildcard) => !wildcard,
    present: async (tasks) => {
      await Promise.all(tasks.map(async (task) => contexts.set(serverName(task), await contextFor(task, now))));
      server ??= listen(address, (name) => contexts.get(name));
      try {
        await server;
      } catch (error) {
        server = undefined;
        throw error;
      }
      return [];
    },
    cleanUp: async (tasks) => {
      for (const task of tasks) contexts.delete(serverName(task));
      if (contexts.size > 0 || server === undefined) return;
      const closing = server;
      server = undefined;
      await closing.then(close, () => undefined);
    },
  };
}

/** What the CA sends as SNI; for an address its reverse mapping (RFC 8738 section 6). */
function serverName({ identifier, keyAuthorization }: Task): string {
  return tlsAlpn01Proof(identifier, keyAuthorization).serverName;
}

async function contextFor(task: Task, now: () => number): Promise<SecureContext> {
  const { digest } = tlsAlpn01Proof(task.identifier, task.keyAuthorization);
  const { certPem, key } = await createChallengeCertificate(task.identifier, digest, new Date(now()));
  return createSecureContext({ cert: certPem, key: key.export({ type: "pkcs8", format: "pem" }) });
}

function listen(address: TlsAlpnAddress, contextOf: (name: string) => SecureContext | undefined): Promise<Server> {
  const server = createServer({
    handshakeTimeout: 5_000,
    // Anybody but the CA gets no answer at all: neither another protocol nor an unknown name completes a handshake.
    ALPNCallback: ({ protocols }) => (protocols.includes(protocol) ? protocol : undefined),
    SNICallback: (name, done) => {
      const context = contextOf(name.toLowerCase());
      if (context === undefined) done(new Error("not a name being proved"));
      else done(null, context);
    },
  });
  server.maxConnections = 256;
  server.on("secureConnection", (socket) => socket.end());
  server.on("tlsClientError", (_error, socket) => socket.destroy());
  return new Promise((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) => reject(listenError(error, address)));
    server.listen({ port: address.port, ...(address.host === undefined ? {} : { host: address.host }) }, () =>
      resolve(server),
    );
  });
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
  });
}

function listenError(error: NodeJS.ErrnoException, address: TlsAlpnAddress): CertwrightError {
  const place = `${address.host ?? "every address"}, port ${address.port}`;
  const known: Record<string, readonly [string, string, string]> = {
    EADDRINUSE: [
      "TLS_ALPN_PORT_IN_USE",
      `another program listens on ${place} already`,
      `Listen on another port and let the program there pass connections with ALPN ${protocol} through to it.`,
    ],
    EACCES: [
      "TLS_ALPN_PORT_FORBIDDEN",
      `this user may not listen on ${place}`,
      "Run as root, give the program CAP_NET_BIND_SERVICE, or listen on a high port that port 443 is forwarded to.",
    ],
  };
  const [code, message, hint] = known[error.code ?? ""] ?? [
    "TLS_ALPN_LISTEN_FAILED",
    `cannot listen on ${place}: ${error.message}`,
    "Check the address given to listen on.",
  ];
  return new CertwrightError(code, message, { hint, cause: error });
}
