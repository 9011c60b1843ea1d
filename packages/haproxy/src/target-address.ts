import { HaproxyError } from "./errors.ts";
import type { HandshakePoint } from "./handshake.ts";
import { isReachedByTls, type Node, parseNode, tlsParameters } from "./node.ts";
import { refuseForAgent } from "./node-agent/refuse-for-agent.ts";
import type { PushRequest } from "./push-request.ts";

/** A `haproxy:` target: the node, and what to do there with each certificate. */
export interface TargetAddress {
  readonly node: Node;
  readonly request: Omit<PushRequest, "pem" | "verify">;
  /** Addresses that must present the certificate after a push; the name asked for is the certificate's own. */
  readonly check: readonly Omit<HandshakePoint, "sni">[];
}

const usage =
  "Write haproxy:/run/haproxy/admin.sock, with ?certificate=PATH to name the one to replace, &add=LIST (and &as=FILE, &options=..., &filters=a,b) to add new ones, &file=PATH, &key-file=PATH, &files=no, &map=HAPROXY:LOCAL, &check=HOST:PORT, &fewer-names=yes.";

/**
 * Reads a target as written in a configuration: `haproxy:` and the address of a node as {@link parseNode} knows it,
 * with parameters after a question mark.
 *
 * @throws HaproxyError HAPROXY_NODE_ADDRESS, HAPROXY_PLAINTEXT_REFUSED, HAPROXY_AGENT_DECIDES
 */
export function parseTarget(text: string): TargetAddress {
  const [, address = "", query = ""] = /^(?:haproxy:)?([^?]*)(?:\?(.*))?$/s.exec(text) ?? [];
  const parameters = new URLSearchParams(query);
  const forNode = new URLSearchParams([...parameters].filter(([name]) => tlsParameters.includes(name)));
  const node = parseNode(isReachedByTls(address) ? `${address}?${forNode}` : address);

  const known = [...(isReachedByTls(address) ? tlsParameters : []), ...single, "map", "check"];
  const unknown = [...parameters.keys()].find((name) => !known.includes(name));
  if (unknown !== undefined) throw fault(node, `The target has an unknown parameter "${unknown}".`);
  const [certificate, list, as, options, filters, file, keyFile, files, fewerNames] = single.map((name) => {
    const values = parameters.getAll(name);
    if (values.length > 1 || values[0] === "") throw fault(node, `The target needs one value for "${name}".`);
    return values[0];
  });
  if (list === undefined && (as ?? options ?? filters) !== undefined) {
    throw fault(node, 'The target has "as", "options" or "filters" without "add".');
  }
  const map = parameters.getAll("map").map((pair) => {
    const [, haproxy, local] = /^(\/[^:]*):(\/[^:]*)$/.exec(pair) ?? [];
    if (haproxy === undefined || local === undefined) throw fault(node, `"${pair}" does not map one path to another.`);
    return { haproxy, local };
  });
  const request = {
    ...(certificate === undefined ? {} : { certificate }),
    ...(list === undefined
      ? {}
      : {
          add: {
            list,
            ...(as === undefined ? {} : { as }),
            ...(options === undefined ? {} : { options }),
            ...(filters === undefined ? {} : { filters: filters.split(",") }),
          },
        }),
    ...diskOf(node, files, {
      ...(file ? { file } : {}),
      ...(keyFile ? { keyFile } : {}),
      ...(map[0] ? { map } : {}),
    }),
    ...(yes(node, "fewer-names", fewerNames) ? { allowFewerNames: true } : {}),
  };
  if (node.kind === "agent") refuseForAgent(node, request);
  return { node, request, check: parameters.getAll("check").map((point) => parsePoint(node, point)) };
}

const single = ["certificate", "add", "as", "options", "filters", "file", "key-file", "files", "fewer-names"] as const;

function diskOf(node: Node, files: string | undefined, disk: object): Pick<PushRequest, "disk"> {
  if (files !== undefined && !yes(node, "files", files)) return { disk: false };
  return Object.keys(disk).length === 0 ? {} : { disk };
}

function yes(node: Node, name: string, value: string | undefined): boolean {
  if (value === undefined || value === "no") return false;
  if (value === "yes") return true;
  throw fault(node, `"${name}" is yes or no, not "${value}".`);
}

function parsePoint(node: Node, text: string): Omit<HandshakePoint, "sni"> {
  const [, bracketed, plain, port] = /^(?:\[([^\]]+)\]|([^:]+)):(\d{1,5})$/.exec(text) ?? [];
  const host = bracketed ?? plain;
  if (host === undefined || Number(port) < 1 || Number(port) > 65_535) {
    throw fault(node, `"${text}" is not a host and a port.`);
  }
  return { host, port: Number(port) };
}

function fault(node: Node, message: string): HaproxyError {
  return new HaproxyError("HAPROXY_NODE_ADDRESS", message, { node: node.id, hint: usage });
}
