import {
  type Config,
  dataplaneTargetText,
  type FleetConfig,
  type HaproxyPush,
  haproxyTargetText,
} from "@certwright/core/config";
import { type Fleet, isReachedByTls, type NodeSource } from "@certwright/haproxy";
import type { fleetFlags } from "../declarations/fleet.ts";
import { usageError } from "../errors.ts";
import type { FlagValues } from "../flags.ts";
import { fleetFromConfig, hostOf } from "../parts/fleet-from-config.ts";
import { didYouMean } from "../suggest.ts";

type FleetFlags = FlagValues<typeof fleetFlags>;

/** A fleet to work on. `members` are names of the certificates that go there; undefined: nobody said. */
export interface ChosenFleet {
  readonly fleet: Fleet;
  readonly members: readonly string[] | undefined;
}

const usualLabel = "nodes";

/** The fleets a command line is about: of nodes it names, else those of the configuration. @throws CertwrightError `CLI_USAGE` */
export function chooseFleets(flags: FleetFlags, config: Config | undefined): readonly ChosenFleet[] {
  const source = sourceFrom(flags);
  if (source !== undefined) {
    const [label = usualLabel, ...more] = flags.fleet;
    if (more.length > 0) throw usageError("nodes named here are one fleet", "Give one name with --fleet.");
    return [{ fleet: { label, source, policy: { kind: "all" }, parallel: 16 }, members: undefined }];
  }
  const fleets = config?.settings.fleets ?? {};
  const labels = flags.fleet.length > 0 ? flags.fleet : Object.keys(fleets);
  if (labels.length === 0) {
    throw usageError(
      "there is no fleet",
      "Name nodes with --node, --nodes-dns or --nodes-command, or a configuration that has fleets with --config.",
    );
  }
  return labels.map((label) => {
    const found = fleets[label];
    if (config === undefined || found === undefined) {
      const meant = didYouMean(label, Object.keys(fleets)) ?? "See `fleets` in the configuration.";
      throw usageError(`no fleet is called ${JSON.stringify(label)}`, meant);
    }
    return configuredFleet(label, found, config);
  });
}

/** Fleets of a configuration that certificates go to. */
export function fleetsInUse(config: Config): readonly ChosenFleet[] {
  const all = Object.entries(config.settings.fleets).map(([label, fleet]) => configuredFleet(label, fleet, config));
  return all.filter(({ members = [] }) => members.length > 0);
}

function configuredFleet(label: string, fleet: FleetConfig, { certificates }: Config): ChosenFleet {
  const members = certificates.filter(({ deploy }) => deploy.includes(`fleet:${label}`));
  return { fleet: fleetFromConfig(label, fleet), members: members.map(({ name }) => name) };
}

function sourceFrom(flags: FleetFlags): NodeSource | undefined {
  const { node, nodesDns, nodesCommand } = flags;
  const ways = [node.length > 0, nodesDns !== undefined, nodesCommand.length > 0].filter(Boolean).length;
  if (ways === 0) return undefined;
  if (ways > 1) throw usageError("nodes are named in two ways", "Give one of --node, --nodes-dns and --nodes-command.");
  const targetOf = createTargetOf(flags);
  if (node.length > 0) return { kind: "list", targets: node.map((address) => asTarget(address, targetOf)) };
  const [program, ...args] = nodesCommand;
  if (program !== undefined) return { kind: "command", argv: [program, ...args], timeoutMs: 30_000, targetOf };
  const [, agent, name = ""] = /^(agent:\/\/)?(.*)$/.exec(nodesDns ?? "") ?? [];
  return dnsSource(name, agent ? "agent" : flags.nodeCa === undefined ? "tcp" : "tls", targetOf);
}

function dnsSource(
  text: string,
  scheme: "tls" | "tcp" | "agent",
  targetOf: ReturnType<typeof createTargetOf>,
): NodeSource {
  if (text.startsWith("_")) return { kind: "dns", name: text, type: "srv", scheme, targetOf };
  const [, name, port] = /^([^:\s]+):(\d{1,5})$/.exec(text) ?? [];
  if (name === undefined || Number(port) < 1 || Number(port) > 65_535) {
    throw usageError(
      `--nodes-dns cannot be ${JSON.stringify(text)}`,
      "Write name:port, or the name of SRV records, which begins with an underscore.",
    );
  }
  return { kind: "dns", name, type: "address", port: Number(port), scheme, targetOf };
}

function createTargetOf({ nodeCa, nodeCert, nodeKey, check }: FleetFlags) {
  const given = [nodeCa, nodeCert, nodeKey].filter((file) => file !== undefined).length;
  if (given !== 0 && given !== 3) {
    throw usageError("a certificate towards nodes needs three files", "Give --node-ca, --node-cert and --node-key.");
  }
  return (address: string, serverName?: string): string => {
    const tls =
      nodeCa !== undefined && nodeCert !== undefined && nodeKey !== undefined && isReachedByTls(address)
        ? { ca: nodeCa, cert: nodeCert, key: nodeKey, ...(serverName === undefined ? {} : { serverName }) }
        : undefined;
    const points = check.map((point) => point.replace(/^node:/, `${hostOf(address)}:`));
    if (address.startsWith("dataplane:")) {
      const access =
        nodeCa !== undefined && nodeCert !== undefined && nodeKey !== undefined
          ? { ca: nodeCa, cert: nodeCert, key: nodeKey }
          : {};
      const push = { allowFewerNames: false, reload: false, check: points };
      return dataplaneTargetText(address.replace(/^dataplane:/, ""), access, push);
    }
    const push: HaproxyPush = {
      writeFiles: true,
      allowFewerNames: false,
      check: points,
      ...(tls === undefined ? {} : { tls }),
    };
    return haproxyTargetText(address, push);
  };
}

// With parameters of its own it is a whole target already.
function asTarget(text: string, targetOf: (address: string) => string): string {
  const address = text.replace(/^haproxy:/, "");
  if (address.startsWith("dataplane:") && address.includes("?")) return address;
  return address.includes("?") ? `haproxy:${address}` : targetOf(address);
}
