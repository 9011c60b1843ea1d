import { HaproxyError } from "./errors.ts";
import { refuseForAgent } from "./node-agent/refuse-for-agent.ts";
import type { HandshakePoint } from "./push/handshake.ts";
import type { PushRequest } from "./push/push-request.ts";
import { isReachedByTls, type Node, parseNode, tlsParameters } from "./runtime/node.ts";

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

  const known = [...(isReachedByTls(address) ? tlsParameters : []), ...placing, ...disk, "map", "check"];
  refuseUnknown(node, parameters, known, usage);
  const [file, keyFile, files] = disk.map((name) => oneValue(node, parameters, name, usage));
  const map = parameters.getAll("map").map((pair) => {
    const [, haproxy, local] = /^(\/[^:]*):(\/[^:]*)$/.exec(pair) ?? [];
    if (haproxy === undefined || local === undefined) throw fault(node, `"${pair}" does not map one path to another.`);
    return { haproxy, local };
  });
  const placed = readPlacing(node, parameters, usage);
  const request = {
    ...placed.request,
    ...diskOf(node, files, {
      ...(file ? { file } : {}),
      ...(keyFile ? { keyFile } : {}),
      ...(map[0] ? { map } : {}),
    }),
  };
  if (node.kind === "agent") refuseForAgent(node, request);
  return { node, request, check: placed.check };
}

const disk = ["file", "key-file", "files"] as const;

/** Parameters that say which certificate is meant, and what must be so afterwards; every kind of node has them. */
export const placing = ["certificate", "add", "as", "options", "filters", "fewer-names"] as const;

/** What is said of a node's certificate by the parameters in {@link placing} and by `check`. */
export function readPlacing(
  node: Named,
  parameters: URLSearchParams,
  hint: string,
): Pick<TargetAddress, "check"> & { readonly request: Pick<PushRequest, "certificate" | "add" | "allowFewerNames"> } {
  const [certificate, list, as, options, filters, fewerNames] = placing.map((name) =>
    oneValue(node, parameters, name, hint),
  );
  if (list === undefined && (as ?? options ?? filters) !== undefined) {
    throw fault(node, 'The target has "as", "options" or "filters" without "add".', hint);
  }
  return {
    check: parameters.getAll("check").map((point) => parsePoint(node, point, hint)),
    request: {
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
      ...(isYes(node, "fewer-names", fewerNames, hint) ? { allowFewerNames: true } : {}),
    },
  };
}

type Named = Pick<Node, "id">;

/** @throws HaproxyError HAPROXY_NODE_ADDRESS */
export function refuseUnknown(node: Named, parameters: URLSearchParams, known: readonly string[], hint: string): void {
  const unknown = [...parameters.keys()].find((name) => !known.includes(name));
  if (unknown !== undefined) throw fault(node, `The target has an unknown parameter "${unknown}".`, hint);
}

/** The value of a parameter that may be given once. @throws HaproxyError HAPROXY_NODE_ADDRESS */
export function oneValue(node: Named, parameters: URLSearchParams, name: string, hint: string): string | undefined {
  const values = parameters.getAll(name);
  if (values.length > 1 || values[0] === "") throw fault(node, `The target needs one value for "${name}".`, hint);
  return values[0];
}

function diskOf(node: Node, files: string | undefined, disk: object): Pick<PushRequest, "disk"> {
  if (files !== undefined && !isYes(node, "files", files, usage)) return { disk: false };
  return Object.keys(disk).length === 0 ? {} : { disk };
}

/** Whether a parameter says `yes`; left out is no. @throws HaproxyError HAPROXY_NODE_ADDRESS */
export function isYes(node: Named, name: string, value: string | undefined, hint: string): boolean {
  if (value === undefined || value === "no") return false;
  if (value === "yes") return true;
  throw fault(node, `"${name}" is yes or no, not "${value}".`, hint);
}

function parsePoint(node: Named, text: string, hint: string): Omit<HandshakePoint, "sni"> {
  const [, bracketed, plain, port] = /^(?:\[([^\]]+)\]|([^:]+)):(\d{1,5})$/.exec(text) ?? [];
  const host = bracketed ?? plain;
  if (host === undefined || Number(port) < 1 || Number(port) > 65_535) {
    throw fault(node, `"${text}" is not a host and a port.`, hint);
  }
  return { host, port: Number(port) };
}

function fault(node: Named, message: string, hint = usage): HaproxyError {
  return new HaproxyError("HAPROXY_NODE_ADDRESS", message, { node: node.id, hint });
}
