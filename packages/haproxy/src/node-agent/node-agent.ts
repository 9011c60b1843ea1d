import { constants, X509Certificate } from "node:crypto";
import type { AddressInfo } from "node:net";
import { createServer, type Server } from "node:tls";
import { pemBlocks } from "../certificate/pem.ts";
import { HaproxyError } from "../errors.ts";
import { addressOf } from "../push/handshake.ts";
import { clientAt } from "./client.ts";
import { type ClientLimits, converse, defaultClientLimits } from "./conversation.ts";
import { createHttpAnswers } from "./http-answers.ts";
import type { Office } from "./office.ts";
import { agentTls } from "./protocol.ts";

/** What proves the agent to its clients, and them to it. PEM. */
export interface AgentCredentials {
  readonly cert: string;
  readonly key: string;
  /** CA of the clients; the system's do not count. */
  readonly ca: string;
  /** Certificates that do not count any more: a list of each CA on the way to a client's certificate. */
  readonly crl?: string;
}

export interface NodeAgentOptions extends Omit<Office, "context" | "http"> {
  /** Without a host on every address. */
  readonly listen: { readonly host?: string; readonly port: number };
  readonly credentials: AgentCredentials;
  /** Names of which a client's certificate must have one. Empty: any certificate of the CA. */
  readonly clients: readonly string[];
  readonly clientLimits?: Partial<ClientLimits>;
  readonly context: Omit<Office["context"], "signal">;
}

/** A node agent that listens. */
export interface NodeAgent {
  /** `host:port`. */
  readonly address: string;
  /**
   * Takes other credentials from now on: what is under way ends in order, and then every client proves itself anew.
   *
   * @throws Error when they cannot be used; then nothing has changed
   */
  renew(credentials: AgentCredentials): void;
  /** Ends what is under way, in order, and every connection. */
  close(): Promise<void>;
}

const mostClients = 32;
// Those who have not proved themselves yet are more, so that they keep nobody out.
const mostConnections = 512;
const handshakeTimeout = 5_000;
const tellEvery = 1_000;

/**
 * Starts a node agent: it stands beside one HAProxy, and does for clients who prove themselves by TLS a fixed list of
 * things, within an allow-list. Its HAProxy's socket stays local; no command of the Runtime API passes, and no key is
 * handed out.
 *
 * @throws Error when the address cannot be listened on, or the credentials cannot be used
 */
export async function startNodeAgent(options: NodeAgentOptions): Promise<NodeAgent> {
  const { listen, credentials, clients, clientLimits, context, emit } = options;
  const stopping = new AbortController();
  const own = { ...options, context: { ...context, signal: stopping.signal } };
  const limits = { ...defaultClientLimits, ...clientLimits };
  const http = createHttpAnswers(own, limits.answers);
  const office: Office = { ...own, http };
  const talks = new Set<Promise<void>>();
  let leaving = new AbortController();
  const server = createServer(
    {
      ...secured(credentials),
      requestCert: true,
      rejectUnauthorized: true,
      handshakeTimeout,
      noDelay: true,
      keepAlive: true,
    },
    (socket) => {
      if (socket.alpnProtocol !== agentTls.ALPNProtocols[0]) return void socket.destroy();
      const client = clientAt(socket, emit);
      const isKnown = clients.length === 0 || client.names.some((name) => clients.includes(name));
      if (!isKnown) return client.refuse(notThisClient());
      if (talks.size >= mostClients) return client.refuse(tooMany());
      const talk = converse(socket, client, limits, office, leaving.signal).finally(() => talks.delete(talk));
      talks.add(talk);
    },
  );
  server.maxConnections = mostConnections;
  server.on("tlsClientError", throttled(emit));
  await started(server, listen);
  const { address, port } = server.address() as AddressInfo;
  return {
    address: addressOf({ host: address, port }),
    renew(next) {
      server.setSecureContext(secured(next));
      leaving.abort();
      leaving = new AbortController();
    },
    async close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      stopping.abort(stopped());
      leaving.abort();
      await Promise.all(talks);
      await http.close();
      await closed;
    },
  };
}

function secured(credentials: AgentCredentials) {
  // An empty list of CAs would be taken without a word, and let nobody in.
  new X509Certificate(credentials.ca);
  // Without tickets each connection proves itself anew: a client that was struck off does not come back by an old one.
  return {
    ...credentials,
    // Of a text that holds several, only the first would count.
    ...(credentials.crl === undefined ? {} : { crl: revocationLists(credentials.crl) }),
    ...agentTls,
    ALPNProtocols: [...agentTls.ALPNProtocols],
    secureOptions: constants.SSL_OP_NO_TICKET,
  };
}

function revocationLists(pem: string): string[] {
  const lists = pemBlocks(pem).flatMap(({ label, text }) => (label === "X509 CRL" ? [text] : []));
  if (lists.length === 0) throw new Error("there is no list of revoked certificates in it");
  return lists;
}

function started(server: Server, { host, port }: NodeAgentOptions["listen"]): Promise<void> {
  return new Promise((resolve, reject) => {
    // Kept: a connection that cannot be taken later must not end the agent.
    server.on("error", reject);
    server.listen({ port, ...(host === undefined ? {} : { host }) }, () => resolve());
  });
}

/** Tells of those who do not get in, but not of each one when there are many. */
function throttled(emit: NodeAgentOptions["emit"]) {
  let told = Number.NEGATIVE_INFINITY;
  let untold = 0;
  return (error: NodeJS.ErrnoException, socket: { readonly remoteAddress?: string | undefined }) => {
    const now = performance.now();
    if (now - told < tellEvery) {
      untold += 1;
      return;
    }
    const others = untold === 0 ? "" : `, and ${untold} more before`;
    emit({
      type: "warning",
      code: "HAPROXY_AGENT_CLIENT",
      message: `A client at ${socket.remoteAddress ?? "an unknown address"} did not get in (${error.code ?? error.message})${others}.`,
      hint: "It needs a certificate of the CA of --client-ca, and TLS 1.3.",
    });
    told = now;
    untold = 0;
  };
}

function notThisClient(): HaproxyError {
  return new HaproxyError("HAPROXY_AGENT_CLIENT", "The node agent does not take certificates from this client.", {
    hint: "On the node, --client says whose certificates it knows.",
  });
}

function tooMany(): HaproxyError {
  return new HaproxyError("HAPROXY_AGENT_BUSY", `The node agent has ${mostClients} clients already.`, {
    retryable: true,
    hint: "Try again in a moment.",
  });
}

function stopped(): HaproxyError {
  return new HaproxyError("HAPROXY_AGENT_STOPPED", "The node agent was stopped before it was done.", {
    retryable: true,
    hint: "Try again when it runs; what was begun was taken back or is complete.",
  });
}
