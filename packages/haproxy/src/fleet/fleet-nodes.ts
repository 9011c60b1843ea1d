import { isIP } from "node:net";
import type { World } from "@certwright/core";
import { type DataplaneTarget, parseDataplaneTarget } from "../dataplane/address.ts";
import { HaproxyError, hasCode } from "../errors.ts";
import { parseTarget, type TargetAddress } from "../target-address.ts";

/** Where the nodes of a fleet are found. `targetOf` makes a target of a node's address. */
export type NodeSource =
  | { readonly kind: "list"; readonly targets: readonly string[] }
  | {
      readonly kind: "dns";
      /** A name with one A or AAAA record for each node, or the name of SRV records. */
      readonly name: string;
      readonly type: "address" | "srv";
      /** Needed for `address`. */
      readonly port?: number;
      readonly scheme: "tls" | "tcp" | "agent" | "dataplane:https";
      readonly targetOf: (address: string, serverName?: string) => string;
    }
  | {
      readonly kind: "command";
      /** A program that prints one address a line. No shell. */
      readonly argv: readonly [string, ...string[]];
      readonly timeoutMs: number;
      readonly targetOf: (address: string, serverName?: string) => string;
    };

/** Runs a program; made on top. */
export type RunCommand = (
  argv: readonly [string, ...string[]],
  options: { readonly timeoutMs: number; readonly signal: AbortSignal },
) => Promise<{ readonly exitCode: number; readonly stdout: string }>;

/** What finding nodes needs of the world. */
export interface NodeSurroundings extends Pick<World, "resolver" | "signal"> {
  readonly run: RunCommand;
}

/** A node of a fleet, reached over its Runtime API or its Data Plane API. */
export type FleetNode = RuntimeNode | DataplaneFleetNode;
export type RuntimeNode = TargetAddress & NodeName;
export type DataplaneFleetNode = DataplaneTarget & NodeName;

interface NodeName {
  /** Its address without what is to be done there; the node's name in states. */
  readonly id: string;
  readonly target: string;
}

export function hasDataplane(node: FleetNode): node is DataplaneFleetNode {
  return node.node.kind === "dataplane";
}

const mostNodes = 10_000;

/**
 * Finds the nodes of a fleet, in the order given; those from the DNS sorted, so that canaries stay the same.
 *
 * @throws HaproxyError HAPROXY_FLEET_NODES where they cannot be found now; HAPROXY_FLEET_INVALID, HAPROXY_NODE_ADDRESS,
 *   HAPROXY_PLAINTEXT_REFUSED where what was found is no node
 */
export async function findNodes(source: NodeSource, surroundings: NodeSurroundings): Promise<readonly FleetNode[]> {
  const targets = await targetsOf(source, surroundings);
  if (targets.length === 0 || targets.length > mostNodes)
    throw notFound(`${placeOf(source)} has ${targets.length} nodes.`);
  const nodes = targets.map(readNode);
  const twice = nodes.find(({ id }, index) => nodes.findIndex((node) => node.id === id) !== index);
  if (twice === undefined) return nodes;
  throw new HaproxyError("HAPROXY_FLEET_INVALID", `${twice.id} is in the fleet twice.`, {
    hint: "Name each node once; what to do there belongs into one address.",
  });
}

/** A node from its target. @throws HaproxyError HAPROXY_NODE_ADDRESS, HAPROXY_PLAINTEXT_REFUSED */
export function readNode(target: string): FleetNode {
  const address = target.startsWith("dataplane:") ? parseDataplaneTarget(target) : parseTarget(target);
  return { ...address, id: address.node.id, target };
}

async function targetsOf(source: NodeSource, surroundings: NodeSurroundings): Promise<readonly string[]> {
  if (source.kind === "list") return source.targets;
  try {
    if (source.kind === "command") return await fromCommand(source, surroundings);
    // One address may well have two records.
    return [...new Set(await fromDns(source, surroundings))];
  } catch (cause) {
    surroundings.signal.throwIfAborted();
    if (hasCode(cause, "HAPROXY_FLEET_NODES", "HAPROXY_NODE_ADDRESS")) throw cause;
    throw notFound(`${placeOf(source)} gives no nodes: ${cause instanceof Error ? cause.message : cause}`, cause);
  }
}

async function fromDns(
  source: Extract<NodeSource, { kind: "dns" }>,
  { resolver, signal }: NodeSurroundings,
): Promise<readonly string[]> {
  const { name, scheme, targetOf } = source;
  if (source.type === "srv") {
    const { answers } = await resolver.query(name, "SRV", { signal });
    return answers
      .flatMap((record) => (record.type === "SRV" && record.target !== "." ? [record] : []))
      .sort((a, b) => a.priority - b.priority || compare(a.target, b.target) || a.port - b.port)
      .map(({ target, port }) => targetOf(`${scheme}://${target}:${port}`));
  }
  const { port } = source;
  if (port === undefined) throw notFound(`${placeOf(source)} says nothing of a port.`);
  const found = await Promise.all((["A", "AAAA"] as const).map((type) => resolver.query(name, type, { signal })));
  return found
    .flatMap(({ answers }) => answers)
    .flatMap((record) => (record.type === "A" || record.type === "AAAA" ? [record.address] : []))
    .sort(compare)
    .map((address) => (isIP(address) === 6 ? `[${address}]` : address))
    .map((host) => targetOf(`${scheme}://${host}:${port}`, name));
}

async function fromCommand(
  { argv, timeoutMs, targetOf }: Extract<NodeSource, { kind: "command" }>,
  { run, signal }: NodeSurroundings,
): Promise<readonly string[]> {
  const { exitCode, stdout } = await run(argv, { timeoutMs, signal });
  if (exitCode !== 0) throw notFound(`${argv[0]} ended with exit code ${exitCode}.`);
  const lines = stdout.split(/\r?\n/).map((line) => line.trim());
  return lines
    .filter((line) => line !== "" && !line.startsWith("#"))
    .map((address) => {
      if (/^(?:(?:unix:|master:)?\/|(?:tls|tcp|agent|dataplane:https?):\/\/)[^\s?#]*$/.test(address))
        return targetOf(address);
      throw new HaproxyError("HAPROXY_NODE_ADDRESS", `${argv[0]} printed a line that is no address of a node.`, {
        hint: "Print one address a line: tls://host:port, agent://host:port, dataplane:https://host:port, /path of a socket, or master:/path.",
      });
    });
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function placeOf(source: NodeSource): string {
  if (source.kind === "dns") return `The DNS name ${source.name}`;
  return source.kind === "command" ? `The program ${source.argv[0]}` : "The fleet";
}

function notFound(message: string, cause?: unknown): HaproxyError {
  return new HaproxyError("HAPROXY_FLEET_NODES", message, {
    ...(cause === undefined ? {} : { cause }),
    retryable: true,
    hint: "Check where the fleet's nodes come from, then try again.",
  });
}
