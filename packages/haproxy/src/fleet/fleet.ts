import type { NodeSource } from "./fleet-nodes.ts";

/** A group of HAProxy nodes that get the same certificates. */
export interface Fleet {
  readonly label: string;
  readonly source: NodeSource;
  readonly policy: FleetPolicy;
  /** Nodes at a time. */
  readonly parallel: number;
}

/** When a certificate counts as deployed. Nodes that are late catch up whatever the policy says. */
export type FleetPolicy =
  | { readonly kind: "all" }
  /** A number of nodes, or a share of them above 0 and up to 1. Default: more than half. */
  | { readonly kind: "quorum"; readonly nodes?: number; readonly share?: number }
  | { readonly kind: "best-effort" }
  /** All; but the first `nodes` get it before the others, and must still have it after `waitMs` milliseconds. */
  | { readonly kind: "canary"; readonly nodes: number; readonly waitMs: number };

/** How many nodes must have a certificate for the policy to be content. */
export function nodesNeeded(policy: FleetPolicy, total: number): number {
  switch (policy.kind) {
    case "all":
    case "canary":
      return total;
    case "best-effort":
      return Math.min(1, total);
    case "quorum":
      if (policy.nodes !== undefined) return Math.min(policy.nodes, total);
      // Whole percentages of small numbers are not exact: 0.55 * 20 is a little more than 11.
      if (policy.share !== undefined) return Math.ceil(Number((policy.share * total).toFixed(6)));
      return Math.floor(total / 2) + 1;
  }
}
