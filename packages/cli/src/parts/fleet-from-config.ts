import { dataplaneTargetText, type FleetConfig, haproxyTargetText } from "@certwright/core/config";
import { type Fleet, type FleetPolicy, isReachedByTls, type NodeSource } from "@certwright/haproxy";

/** A fleet as `certwright.yaml` describes it. */
export function fleetFromConfig(label: string, config: FleetConfig): Fleet {
  const targetOf = (address: string, serverName?: string) => {
    const tls = config.tls && serverName !== undefined ? { serverName, ...config.tls } : config.tls;
    const check = config.check?.map((point) => point.replace(/^node:/, `${hostOf(address)}:`));
    const { tls: _tls, dataplane, ...push } = config;
    if (address.startsWith("dataplane:")) {
      const access = serverName === undefined ? { ...dataplane } : { serverName, ...dataplane };
      const placing = { ...push, ...(check === undefined ? {} : { check }) };
      return dataplaneTargetText(withoutUser(address), access, placing, label);
    }
    const reached = {
      ...push,
      ...(tls !== undefined && isReachedByTls(address) ? { tls } : {}),
      ...(check === undefined ? {} : { check }),
    };
    return haproxyTargetText(address, reached, label);
  };
  return { label, source: sourceOf(config, targetOf), policy: policyOf(config), parallel: config.parallel };
}

function sourceOf(config: FleetConfig, targetOf: (address: string, serverName?: string) => string): NodeSource {
  if ("nodes" in config) return { kind: "list", targets: config.nodes.map((address) => targetOf(address)) };
  if ("dns" in config) {
    const { agent, ...dns } = config.dns;
    const plain = agent ? "agent" : config.tls === undefined ? "tcp" : "tls";
    return { kind: "dns", ...dns, scheme: config.dataplane === undefined ? plain : "dataplane:https", targetOf };
  }
  return { kind: "command", argv: config.command, timeoutMs: config.commandTimeout * 1000, targetOf };
}

function policyOf({ policy, quorum, canary }: FleetConfig): FleetPolicy {
  switch (policy) {
    case "quorum":
      return { kind: "quorum", ...(quorum === undefined ? {} : { share: quorum }) };
    case "canary":
      return { kind: "canary", nodes: canary?.nodes ?? 1, waitMs: (canary?.wait ?? 60) * 1000 };
    default:
      return { kind: policy };
  }
}

// A node known from before has its user in its name.
function withoutUser(address: string): string {
  return address.replace(/^dataplane:/, "").replace(/:\/\/[^/]*@/, "://");
}

/** Host of a node's address, in brackets where it is IPv6; this machine for sockets. */
export function hostOf(address: string): string {
  return /^(?:tls|tcp|agent|dataplane:https?):\/\/(?:[^/@]*@)?(\[[^\]]+\]|[^:/]+)/.exec(address)?.[1] ?? "127.0.0.1";
}
