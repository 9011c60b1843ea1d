import { type Drift, lookForDrift, nodesOf, type Sight } from "@certwright/haproxy";
import type { CommandResult, Invocation } from "../command.ts";
import type { FleetStatusFlags } from "../declarations/fleet.ts";
import { exitCodes } from "../exit-code.ts";
import { openFleets } from "../fleet/open-fleets.ts";
import { table } from "../reporter/table.ts";

/** The store against what nodes have. */
export async function run(invocation: Invocation<FleetStatusFlags>): Promise<CommandResult> {
  const { fleets, world } = await openFleets(invocation);
  const drifts: (Drift & { readonly fleet: string })[] = [];
  for (const { fleet, certificates } of fleets) {
    const nodes = await nodesOf(fleet, world);
    const looks = nodes.map(async (node) => {
      for await (const drift of lookForDrift(node, certificates, world)) drifts.push({ fleet: fleet.label, ...drift });
    });
    await Promise.all(looks);
  }
  const differing = drifts.filter(({ disk, memory, handshake }) => [disk, memory, handshake].some(isDifferent));
  const unasked = drifts.filter(({ memory }) => memory.kind === "unknown");
  const shown = invocation.flags.late ? [...new Set([...differing, ...unasked])] : drifts;
  return {
    exitCode: differing.length > 0 ? exitCodes.notDeployed : unasked.length > 0 ? exitCodes.failed : exitCodes.done,
    result: { drift: shown, differing: differing.length, notAsked: unasked.length },
    lines: [
      ...(shown.length === 0
        ? []
        : table([
            ["FLEET", "NODE", "CERTIFICATE", "DISK", "MEMORY", "HANDSHAKE"],
            ...shown.map(({ fleet, node, certificate, disk, memory, handshake }) => [
              fleet,
              node,
              certificate,
              ...[disk, memory, handshake].map(inWords),
            ]),
          ])),
      `${drifts.length - differing.length - unasked.length} of ${drifts.length} as in the store, ${differing.length} differ, ${unasked.length} could not be asked`,
    ],
  };
}

function isDifferent({ kind }: Sight): boolean {
  return kind === "other" || kind === "absent";
}

function inWords({ kind, detail }: Sight): string {
  return detail === undefined ? kind : kind === "unknown" ? `? (${detail})` : `${kind} (${detail})`;
}
