import { readFile } from "node:fs/promises";
import { createConnection, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { connect as connectTls } from "node:tls";
import { HaproxyError, hasCode } from "../errors.ts";
import { agentTls } from "../node-agent/protocol.ts";
import { isLocal, type Node, type NodeTls, type SecretPlace } from "./node.ts";

/** Opens a byte stream to a node's Runtime API. Resolves once connected (and, over TLS, once both sides are proven). */
export type Connect = (node: Node, options: ConnectOptions) => Promise<Socket>;

export interface ConnectOptions {
  readonly signal: AbortSignal;
  /** Milliseconds. */
  readonly timeout: number;
}

/** Finds the key of a client certificate that is in no file. @throws CertwrightError of whoever knows where keys are */
export type FindKey = (node: { readonly id: string }, place: Exclude<SecretPlace, FilePlace>) => Promise<string>;

type FilePlace = Extract<SecretPlace, { file: string }>;

/**
 * The {@link Connect} over unix sockets and TCP.
 *
 * @param findKey needed for keys that are in no file
 * @throws HaproxyError HAPROXY_SOCKET_MISSING, HAPROXY_SOCKET_DENIED, HAPROXY_NOT_RUNNING, HAPROXY_UNREACHABLE,
 *   HAPROXY_TLS, HAPROXY_TIMEOUT, HAPROXY_BUSY
 */
export function createConnect(findKey?: FindKey): Connect {
  return async (node, options) => {
    options.signal.throwIfAborted();
    const tls = isLocal(node) ? undefined : node.tls;
    const credentials = tls ? await readCredentials(node, tls, findKey) : undefined;
    return await inTurn(() => connectWith(node, credentials, options), options.signal);
  };
}

/** Milliseconds a queue may be full; each push before us there may take its time. */
const fullQueue = 30_000;

/**
 * HAProxy answers ten clients of a socket at once (`stats maxconn`), and lets as many wait; the next is refused, where
 * over TCP it would wait, too. Many certificates that are renewed at once are more.
 */
async function inTurn<T>(dialing: () => Promise<T>, signal: AbortSignal): Promise<T> {
  for (const deadline = performance.now() + fullQueue; ; ) {
    try {
      return await dialing();
    } catch (error) {
      if (!hasCode(error, "HAPROXY_BUSY") || performance.now() > deadline) throw error;
    }
    await sleep(5 + Math.random() * 45, undefined, { signal });
  }
}

/** Without a way to keys that are in no file. */
export const connectNode: Connect = createConnect();

function connectWith(
  node: Node,
  credentials: Credentials | undefined,
  { signal, timeout }: ConnectOptions,
): Promise<Socket> {
  signal.throwIfAborted();
  return new Promise((resolve, reject) => {
    const socket = dial(node, credentials);
    const settle = (act: () => void) => {
      clearTimeout(timer);
      signal.removeEventListener("abort", onAbort);
      socket.removeListener("error", onError);
      act();
    };
    const fail = (error: unknown) =>
      settle(() => {
        // A socket that is being destroyed may still emit an error nobody else listens for.
        socket.on("error", () => {});
        socket.destroy();
        reject(error);
      });
    const onAbort = () => fail(signal.reason);
    const onError = (cause: NodeJS.ErrnoException) => fail(connectError(node, cause));
    const timer = setTimeout(() => fail(timeoutError(node, timeout)), timeout);
    signal.addEventListener("abort", onAbort, { once: true });
    socket.on("error", onError);
    socket.once(credentials ? "secureConnect" : "connect", () => settle(() => resolve(socket)));
  });
}

interface Credentials {
  readonly ca: Buffer;
  readonly cert: Buffer;
  readonly key: Buffer | string;
  readonly servername?: string;
}

function dial(node: Node, credentials: Credentials | undefined): Socket {
  if (isLocal(node)) return createConnection({ path: node.path });
  const address = { host: node.host, port: node.port };
  if (!credentials) return createConnection({ ...address, noDelay: true });
  try {
    const protocol = node.kind === "agent" ? agentTls : ({ minVersion: "TLSv1.2" } as const);
    const socket = connectTls({ ...address, ...credentials, ...protocol });
    socket.setNoDelay(true);
    return socket;
  } catch (cause) {
    // A key that does not fit its certificate, or no PEM at all, is noticed before anything is sent.
    throw connectError(node, cause as NodeJS.ErrnoException);
  }
}

async function readCredentials(node: Node, tls: NodeTls, findKey: FindKey | undefined): Promise<Credentials> {
  const read = (path: string) =>
    readFile(path).catch((cause: NodeJS.ErrnoException) => {
      throw new HaproxyError("HAPROXY_TLS", `${path} cannot be read (${cause.code}).`, {
        node: node.id,
        cause,
        hint: "Check the ca, cert and key files in the node's address.",
      });
    });
  const [ca, cert, key] = await Promise.all([
    read(tls.caFile),
    read(tls.certFile),
    readKey(node, tls.key, read, findKey),
  ]);
  return { ca, cert, key, ...(tls.serverName ? { servername: tls.serverName } : {}) };
}

/** The key of a client certificate, wherever it is. @throws HaproxyError HAPROXY_TLS, and what finding it throws */
export async function readKey(
  node: { readonly id: string },
  place: SecretPlace,
  read: (path: string) => Promise<Buffer>,
  findKey: FindKey | undefined,
): Promise<Buffer | string> {
  if ("file" in place) return await read(place.file);
  if (findKey !== undefined) return await findKey(node, place);
  throw new HaproxyError("HAPROXY_TLS", `The client key for ${node.id} is in no file, and nothing here finds it.`, {
    node: node.id,
    hint: "Name a file here; where it is otherwise is looked up for deploy targets and fleets.",
  });
}

/** What a failed connection attempt means to the person who gave the address. */
export function connectError(node: Node, cause: NodeJS.ErrnoException): HaproxyError {
  const about = (
    code: ConstructorParameters<typeof HaproxyError>[0],
    message: string,
    hint: string,
    retryable = true,
  ) => new HaproxyError(code, message, { node: node.id, cause, hint, retryable });
  if (isLocal(node)) {
    switch (cause.code) {
      case "ENOENT":
      case "ENOTDIR":
        return about(
          "HAPROXY_SOCKET_MISSING",
          `There is no socket at ${node.path}.`,
          node.kind === "master"
            ? "Start HAProxy with -S <path>, or check the path."
            : 'Add "stats socket <path> mode 600 level admin" to the global section, or check the path.',
        );
      case "EACCES":
      case "EPERM":
        return about(
          "HAPROXY_SOCKET_DENIED",
          `This user may not open ${node.path}.`,
          "Run as the user or group named on the socket's line in the configuration, or change its user, group or mode.",
          false,
        );
      case "ECONNREFUSED":
        return about(
          "HAPROXY_NOT_RUNNING",
          `Nothing listens on ${node.path}.`,
          "Start HAProxy; if it runs, the path belongs to something else or to an earlier process.",
        );
      case "EAGAIN":
        return about(
          "HAPROXY_BUSY",
          `More clients wait at ${node.path} than HAProxy lets wait.`,
          'Raise "stats maxconn" in the global section, which is 10 by default, or look who keeps connections open.',
        );
    }
  }
  if (isTlsFailure(cause)) {
    return about(
      "HAPROXY_TLS",
      `TLS towards ${node.id} failed: ${cause.message.split("\n")[0]}`,
      "Check that the CA signed the node's certificate for this name, and that the node trusts our client certificate.",
      false,
    );
  }
  return about(
    "HAPROXY_UNREACHABLE",
    `${node.id} cannot be reached (${cause.code ?? cause.message}).`,
    "Check that the node is up and that the address is right.",
  );
}

/** True for errors of certificates and of the TLS protocol, as Node names them. */
export function isTlsFailure(cause: NodeJS.ErrnoException): boolean {
  return /^(ERR_SSL|ERR_TLS|ERR_OSSL|UNABLE_TO|CERT_|DEPTH_ZERO|SELF_SIGNED|HOSTNAME_|INVALID_CA|EPROTO)/.test(
    cause.code ?? "",
  );
}

export function timeoutError(node: Node, milliseconds: number): HaproxyError {
  return new HaproxyError("HAPROXY_TIMEOUT", `${node.id} did not answer within ${milliseconds / 1000} s.`, {
    node: node.id,
    retryable: true,
    hint: "Check that HAProxy is not overloaded and that the address leads to its Runtime API.",
  });
}
