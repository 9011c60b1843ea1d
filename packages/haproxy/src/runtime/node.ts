import { isIP } from "node:net";
import { HaproxyError } from "../errors.ts";

/** Where a secret is found. `config` is the label of a target or fleet whose settings say it. */
export type SecretPlace = { readonly env: string } | { readonly file: string } | { readonly config: string };

/** Files for client-authenticated TLS towards a Runtime API (PEM). */
export interface NodeTls {
  /** CA that signed the node's certificate. */
  readonly caFile: string;
  /** Our client certificate. */
  readonly certFile: string;
  /** Where its key is. */
  readonly key: SecretPlace;
  /** Name the node's certificate must have. Default: the host. */
  readonly serverName?: string;
}

/** What the address of a node reached over TLS says after the question mark. */
export const tlsParameters: readonly string[] = ["ca", "cert", "key", "servername"];

/** True for addresses that name files for TLS. */
export function isReachedByTls(address: string): boolean {
  return /^(?:tls|agent):/.test(address);
}

/** One HAProxy, by the way its Runtime API is reached. `id` is for people and logs and holds no secret. */
export type Node =
  | { readonly kind: "unix"; readonly id: string; readonly path: string }
  | { readonly kind: "master"; readonly id: string; readonly path: string }
  | { readonly kind: "tcp"; readonly id: string; readonly host: string; readonly port: number; readonly tls?: NodeTls }
  /** A node agent beside a HAProxy whose socket stays local; see `node-agent/`. */
  | {
      readonly kind: "agent";
      readonly id: string;
      readonly host: string;
      readonly port: number;
      readonly tls: NodeTls;
    };

/** A node that is a node agent. */
export type AgentNode = Extract<Node, { kind: "agent" }>;

// The longest path Linux accepts in sockaddr_un, without the final NUL.
const longestSocketPath = 107;

const forms =
  "Write /run/haproxy/admin.sock, unix:/path, master:/path, tls://host:port?ca=FILE&cert=FILE&key=FILE, agent://host:port with the same three, or tcp://127.0.0.1:port.";

/**
 * Reads the address of a node: `/path` or `unix:/path` (stats socket), `master:/path` (the `-S` socket of the master),
 * `tls://host:port?ca=&cert=&key=[&servername=]` (a TLS `listen` in front of the stats socket), `agent://` with the same
 * (a node agent beside it), `tcp://127.0.0.1:port`. `haproxy:` before it, as in a target, says nothing more.
 *
 * @throws HaproxyError HAPROXY_NODE_ADDRESS, HAPROXY_PLAINTEXT_REFUSED
 */
export function parseNode(written: string): Node {
  const text = written.replace(/^haproxy:/, "");
  const local = /^(?:(unix|master)[:@])?(\/.*)$/.exec(text);
  if (local) return socketNode(local[1] === "master" ? "master" : "unix", local[2] ?? "");
  if (/^(?:tcp|tls|agent):\/\//.test(text)) return networkNode(text);
  throw addressError(`"${text}" is not the address of a HAProxy node.`, forms);
}

function socketNode(kind: "unix" | "master", path: string): Node {
  if (path.includes("\0") || path.endsWith("/")) throw addressError(`"${path}" is not the path of a socket.`, forms);
  if (Buffer.byteLength(path) > longestSocketPath) {
    throw addressError(
      `The socket path is ${Buffer.byteLength(path)} bytes long; the system allows ${longestSocketPath}.`,
      "Use a shorter path, for example through a symbolic link.",
    );
  }
  return { kind, id: kind === "master" ? `master:${path}` : path, path };
}

function networkNode(text: string): Node {
  if (!URL.canParse(text)) throw addressError(`"${text}" is not the address of a HAProxy node.`, forms);
  const url = new URL(text);
  const host = url.hostname.replace(/^\[|\]$/g, "");
  const port = Number(url.port);
  const extra = url.username !== "" || url.password !== "" || url.hash !== "" || !["", "/"].includes(url.pathname);
  if (host === "" || port === 0 || extra) throw addressError(`"${text}" needs a host and a port, and no more.`, forms);

  const allowed = url.protocol === "tcp:" ? [] : tlsParameters;
  const unknown = [...url.searchParams.keys()].find((name) => !allowed.includes(name));
  if (unknown !== undefined) throw addressError(`The address has an unknown parameter "${unknown}".`, forms);

  const id = `${url.protocol}//${url.host}`;
  if (url.protocol === "tcp:") {
    if (isLoopback(host)) return { kind: "tcp", id, host, port };
    throw new HaproxyError("HAPROXY_PLAINTEXT_REFUSED", `${id} would send private keys in the clear.`, {
      node: id,
      hint: 'Put a "listen" with "bind ... ssl ... verify required" in front of the stats socket and use tls://host:port?ca=&cert=&key=. HAProxy ignores "ssl" on "stats socket" lines.',
    });
  }
  const [caFile, certFile, key] = ["ca", "cert", "key"].map((name) => url.searchParams.get(name) ?? "");
  if (!caFile || !certFile || !key) {
    throw addressError(`${id} needs the files of a CA, a client certificate and its key.`, forms);
  }
  const serverName = url.searchParams.get("servername");
  const tls = { caFile, certFile, key: keyPlace(key), ...(serverName ? { serverName } : {}) };
  return { kind: url.protocol === "agent:" ? "agent" : "tcp", id, host, port, tls };
}

/** The address of a node with all that {@link parseNode} needs: no secret, but where they are. */
export function writeNode(node: Node): string {
  if (isLocal(node) || node.tls === undefined) return node.id;
  const { caFile, certFile, key, serverName } = node.tls;
  const tls = { ca: caFile, cert: certFile, key: showPlace(key), ...(serverName ? { servername: serverName } : {}) };
  return `${node.id}?${new URLSearchParams(tls)}`;
}

function showPlace(place: SecretPlace): string {
  if ("file" in place) return place.file;
  return "env" in place ? `env:${place.env}` : `config:${place.config}`;
}

/** Where the key of a client certificate is: `env:NAME`, `config:LABEL`, or a file. */
export function keyPlace(text: string): SecretPlace {
  const [, kind, value = ""] = /^(env|config):(.+)$/s.exec(text) ?? [];
  if (kind === "config") return { config: value };
  return kind === "env" ? { env: value } : { file: text };
}

/** True for an address that never leaves this machine. */
export function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || (isIP(host) === 4 && host.startsWith("127."));
}

function addressError(message: string, hint: string): HaproxyError {
  return new HaproxyError("HAPROXY_NODE_ADDRESS", message, { hint });
}

/** True when the node runs on this machine as far as its address tells, so that its files are ours to write. */
export function isLocal(node: Node): node is Extract<Node, { path: string }> {
  return node.kind === "unix" || node.kind === "master";
}
