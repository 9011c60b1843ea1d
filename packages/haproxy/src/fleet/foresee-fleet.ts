import type { WantedCertificate } from "@certwright/core";
import { toldOf } from "@certwright/core/errors";
import { asError } from "@certwright/provider/errors";
import { foreseeThroughApi } from "../dataplane/foresee.ts";
import { HaproxyError } from "../errors.ts";
import { foreseePush } from "../push/foresee.ts";
import { inLanes, supplyOf } from "../push/lanes.ts";
import { placeFor, replacementOf } from "../target.ts";
import { type Fleet, nodesNeeded } from "./fleet.ts";
import { type FleetNode, hasDataplane } from "./fleet-nodes.ts";
import type { FleetWorld } from "./fleet-push.ts";

/**
 * What a push of such a certificate would do at each node, in one line: nodes of which the same is to be said are told
 * together. Nothing is changed.
 *
 * @throws HaproxyError HAPROXY_FLEET_INCOMPLETE where too few nodes would get it; the signal's reason
 */
export async function foreseeFleet(
  fleet: Fleet,
  nodes: readonly FleetNode[],
  wanted: WantedCertificate,
  world: FleetWorld,
): Promise<string> {
  const told = new Map<string, string>();
  const failures = new Map<string, Error>();
  await inLanes(
    fleet.parallel,
    supplyOf(nodes),
    () => true,
    async (node) => {
      try {
        told.set(node.id, await foreseeNode(node, wanted, world));
      } catch (cause) {
        world.signal.throwIfAborted();
        const error = asError(cause);
        const { code, message } = toldOf(error);
        failures.set(node.id, error);
        told.set(node.id, `would fail: ${code}: ${message}`);
      }
    },
  );
  const ids = nodes.map(({ id }) => id);
  const lacking = ids.filter((id) => failures.has(id));
  const said = [...Map.groupBy(ids, (id) => told.get(id) ?? "")]
    .map(
      ([what, those]) =>
        `${those.length === ids.length && ids.length > 1 ? `all ${ids.length} nodes` : sample(those)} ${what}`,
    )
    .join("; ");
  const needed = nodesNeeded(fleet.policy, ids.length);
  const getting = ids.length - lacking.length;
  if (getting >= needed) return said;
  throw new HaproxyError(
    "HAPROXY_FLEET_INCOMPLETE",
    `${getting} of ${ids.length} nodes of ${fleet.label} would get it, and ${needed} are needed: ${said}`,
    {
      cause: failures.get(lacking[0] ?? ""),
      retryable: true,
      hint: "Mend what keeps it from them. A node that is down for now catches up by itself.",
    },
  );
}

/** Names of nodes; of many, the first. */
export function sample(nodes: readonly string[]): string {
  return nodes.slice(0, 3).join(", ") + (nodes.length > 3 ? ` and ${nodes.length - 3} more` : "");
}

async function foreseeNode(node: FleetNode, wanted: WantedCertificate, world: FleetWorld): Promise<string> {
  if (hasDataplane(node)) return await foreseeThroughApi(node, wanted, world);
  return await foreseePush(node.node, placeFor(node.request, wanted), replacementOf(wanted), world);
}
