import type { DeployableCertificate, DeployContext, DeployOutcome, DeployTarget } from "@certwright/core";
import { eachFleetState, readFleetState, type TargetState } from "@certwright/core/store";
import { HaproxyError, hasCode } from "../errors.ts";
import { type Fleet, nodesNeeded } from "./fleet.ts";
import { type FleetNode, findNodes, readNode } from "./fleet-nodes.ts";
import { type FleetWorld, pushToFleet } from "./fleet-push.ts";
import { foreseeFleet, sample } from "./foresee-fleet.ts";

/**
 * A fleet as one place certificates are deployed to. Its policy says when that counts as done; nodes that are late have
 * schedules of their own and are caught up with by deploying again at `retryAt`.
 *
 * @param id `fleet:` and the label
 */
export function fleetTarget(fleet: Fleet, world: FleetWorld): DeployTarget {
  return {
    id: `fleet:${fleet.label}`,
    async deploy(certificate: DeployableCertificate, { signal, now, step }: DeployContext): Promise<DeployOutcome> {
      const surroundings = { ...world, signal, now };
      const nodes = await nodesOf(fleet, surroundings);
      const { name, fingerprint256 } = certificate;
      const report = await pushToFleet(
        fleet,
        nodes,
        { list: [{ name, fingerprint256 }], load: async () => certificate },
        { insist: false },
        surroundings,
      );
      const { nodes: states } = await readFleetState(world.store, fleet.label, name);
      const lacking = report.lacking.get(name) ?? [];
      const has = nodes.length - lacking.length;
      step("pushed", `${has} of ${nodes.length} nodes have it`);
      if (has < nodesNeeded(fleet.policy, nodes.length)) {
        const [cause] = report.nodes.flatMap(({ error }) => error ?? []);
        throw incomplete(fleet, nodes, lacking, cause);
      }
      return outcome(
        nodes,
        lacking,
        states,
        fingerprint256,
        report.nodes.some(({ updated }) => updated > 0),
      );
    },
    foresee: async (wanted, { signal, now }) => {
      const surroundings = { ...world, signal, now };
      return await foreseeFleet(fleet, await nodesOf(fleet, surroundings), wanted, surroundings);
    },
  };
}

/**
 * The nodes of a fleet as they are now; those known from before where they cannot be found.
 *
 * @throws HaproxyError as `findNodes`
 */
export async function nodesOf(fleet: Fleet, world: FleetWorld): Promise<readonly FleetNode[]> {
  const { source } = fleet;
  try {
    return await findNodes(source, world);
  } catch (error) {
    if (source.kind === "list" || !hasCode(error, "HAPROXY_FLEET_NODES")) throw error;
    const known = await knownNodes(fleet, world);
    if (known.length === 0) throw error;
    const serverName = source.kind === "dns" && source.type === "address" ? source.name : undefined;
    world.emit({
      type: "warning",
      code: "HAPROXY_FLEET_NODES",
      message: `${(error as Error).message} Going on with the ${known.length} nodes known from before.`,
    });
    return known.map((id) => readNode(source.targetOf(id, serverName)));
  }
}

// Each certificate's state names the nodes of its last push; the latest few name all there were.
const statesAsked = 20;

async function knownNodes(fleet: Fleet, { store }: FleetWorld): Promise<readonly string[]> {
  const known = new Set<string>();
  let asked = 0;
  for await (const { nodes } of eachFleetState(store, fleet.label)) {
    for (const { target } of nodes) known.add(target);
    asked += 1;
    if (asked === statesAsked) break;
  }
  return [...known].sort();
}

function outcome(
  nodes: readonly FleetNode[],
  lacking: readonly string[],
  states: readonly TargetState[],
  fingerprint256: string,
  changed: boolean,
): DeployOutcome {
  const served = states.filter((state) => state.served?.fingerprint256 === fingerprint256).length;
  const tries = states.flatMap(({ target, nextTry }) => (lacking.includes(target) ? (nextTry ?? []) : []));
  return {
    action: changed ? "updated" : "unchanged",
    served: served === nodes.length,
    detail: `${nodes.length - lacking.length} of ${nodes.length} nodes have it, ${served} serve it`,
    ...(lacking.length === 0 ? {} : { warnings: [`It is not yet on ${sample(lacking)}; that is tried again.`] }),
    ...(tries.length === 0 ? {} : { retryAt: Math.min(...tries) }),
  };
}

function incomplete(fleet: Fleet, nodes: readonly FleetNode[], lacking: readonly string[], cause: Error | undefined) {
  const needed = nodesNeeded(fleet.policy, nodes.length);
  const has = nodes.length - lacking.length;
  return new HaproxyError(
    "HAPROXY_FLEET_INCOMPLETE",
    `${has} of ${nodes.length} nodes of ${fleet.label} have it, and ${needed} are needed; not on ${sample(lacking)}.`,
    {
      ...(cause === undefined ? {} : { cause }),
      retryable: true,
      hint: "They are tried again by themselves; `certwright fleet status` shows why each failed.",
    },
  );
}
