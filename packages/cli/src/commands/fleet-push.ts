import { type Fleet, type FleetPolicy, type FleetReport, nodesNeeded, nodesOf, pushToFleet } from "@certwright/haproxy";
import type { CommandResult, Invocation } from "../command.ts";
import type { fleetPushFlags } from "../declarations/fleet.ts";
import { usageError } from "../errors.ts";
import { exitCodes } from "../exit-code.ts";
import type { FlagValues } from "../flags.ts";
import { openFleets } from "../fleet/open-fleets.ts";
import { explain } from "../reporter/explain.ts";
import { table } from "../reporter/table.ts";
import { countOf } from "../reporter/words.ts";

/** Stored certificates to every node. */
export async function run(invocation: Invocation<typeof fleetPushFlags>): Promise<CommandResult> {
  const { flags } = invocation;
  const { fleets, world } = await openFleets(invocation);
  const told = [];
  for (const { fleet: chosen, certificates } of fleets) {
    const fleet = adjusted(chosen, flags);
    const nodes = await nodesOf(fleet, world);
    const report = await pushToFleet(fleet, nodes, certificates, { insist: !flags.due }, world);
    told.push({ fleet, report, certificates: certificates.list.length });
  }
  // What only the command line names, nothing else comes back to.
  const isNamedHere = flags.node.length > 0 || flags.nodesDns !== undefined || flags.nodesCommand.length > 0;
  const again = isNamedHere ? "run this again" : "these are tried again by `certwright renew` or `certwright serve`";
  return {
    exitCode: told.every(({ report }) => report.lacking.size === 0) ? exitCodes.done : exitCodes.notDeployed,
    result: { fleets: told.map(({ fleet, report, certificates }) => asJson(fleet, report, certificates)) },
    lines: told.flatMap(({ fleet, report, certificates }) => describe(fleet, report, certificates, again)),
    errors: told.flatMap(({ report }) => report.nodes.flatMap(({ error }) => error ?? [])),
  };
}

function adjusted(fleet: Fleet, flags: FlagValues<typeof fleetPushFlags>): Fleet {
  return { ...fleet, parallel: flags.parallel ?? fleet.parallel, policy: policyFrom(flags) ?? fleet.policy };
}

function policyFrom({
  policy,
  quorum,
  canaryNodes,
  canaryWait,
}: FlagValues<typeof fleetPushFlags>): FleetPolicy | undefined {
  const isCanary = canaryNodes !== undefined || canaryWait !== undefined;
  const kind = policy ?? (quorum === undefined ? (isCanary ? "canary" : undefined) : "quorum");
  if (quorum !== undefined && kind !== "quorum") throw contradiction("--quorum", "quorum");
  if (isCanary && kind !== "canary") throw contradiction("--canary-nodes and --canary-wait", "canary");
  if (kind === undefined) return undefined;
  if (kind === "canary") return { kind, nodes: canaryNodes ?? 1, waitMs: (canaryWait ?? 60) * 1000 };
  return kind === "quorum" ? { kind, ...quorum } : { kind };
}

function contradiction(flags: string, policy: string): Error {
  return usageError(`${flags} goes with --policy ${policy} alone`, `Leave the other out, or write --policy ${policy}.`);
}

function asJson(fleet: Fleet, { nodes, lacking }: FleetReport, certificates: number) {
  return {
    fleet: fleet.label,
    certificates,
    nodes: nodes.map(({ error, ...counts }) => ({
      ...counts,
      ...(error === undefined ? {} : { error: { code: explain(error).code, message: error.message } }),
    })),
    lacking: Object.fromEntries(lacking),
    policy: { ...fleet.policy, content: isContent(fleet, { nodes, lacking }) },
  };
}

function isContent({ policy }: Fleet, { nodes, lacking }: FleetReport): boolean {
  const needed = nodesNeeded(policy, nodes.length);
  return [...lacking.values()].every((without) => nodes.length - without.length >= needed);
}

function describe(fleet: Fleet, report: FleetReport, certificates: number, again: string): readonly string[] {
  const rows = report.nodes.map(({ node, updated, unchanged, failed, skipped, error }) => [
    node,
    ...[updated, unchanged, failed, skipped].map(String),
    error === undefined ? "" : explain(error).code,
  ]);
  const late = report.lacking.size;
  const content = isContent(fleet, report) ? `; enough for policy ${fleet.policy.kind}` : "";
  return [
    ...table([["NODE", "UPDATED", "UNCHANGED", "FAILED", "LEFT OUT", "FIRST FAILURE"], ...rows]),
    late === 0
      ? `${fleet.label}: ${countOf(certificates, "certificate")} on ${countOf(report.nodes.length, "node")}`
      : `${fleet.label}: ${late} of ${certificates} certificates are not on every node${content}; ${again}`,
  ];
}
