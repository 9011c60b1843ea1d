import { expect, test } from "vitest";
import { type FleetPolicy, nodesNeeded } from "./fleet.ts";

const cases: readonly [FleetPolicy, total: number, needed: number][] = [
  [{ kind: "all" }, 20, 20],
  [{ kind: "canary", nodes: 2, waitMs: 0 }, 20, 20],
  [{ kind: "best-effort" }, 20, 1],
  [{ kind: "best-effort" }, 0, 0],
  [{ kind: "quorum" }, 4, 3],
  [{ kind: "quorum" }, 5, 3],
  [{ kind: "quorum" }, 1, 1],
  [{ kind: "quorum", nodes: 3 }, 20, 3],
  [{ kind: "quorum", nodes: 30 }, 20, 20],
  [{ kind: "quorum", share: 0.6 }, 5, 3],
  [{ kind: "quorum", share: 0.61 }, 5, 4],
  // 0.55 * 20 is a little more than 11 in binary.
  [{ kind: "quorum", share: 0.55 }, 20, 11],
  [{ kind: "quorum", share: 1 }, 7, 7],
];

test.each(cases)("%j of %i nodes: %i", (policy, total, needed) => {
  expect(nodesNeeded(policy, total)).toBe(needed);
});
