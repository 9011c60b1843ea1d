import { readFleetState, type TargetState } from "@certwright/core/store";
import { type Fleet, readNode } from "@certwright/haproxy";
import { relativeTime } from "../certificate-state.ts";
import type { CommandResult, Invocation } from "../command.ts";
import type { FleetStatusFlags } from "../declarations/fleet.ts";
import { exitCodes } from "../exit-code.ts";
import { openFleets } from "../fleet/open-fleets.ts";
import { withMoments } from "../output/moments.ts";
import { table } from "../reporter/table.ts";
import { minute } from "../reporter/words.ts";

interface Row {
  readonly fleet: string;
  readonly certificate: string;
  readonly node: string;
  /** Fingerprint it should have. */
  readonly wanted: string;
  readonly standing: "served" | "accepted" | "late" | "unknown";
  readonly state?: TargetState;
}

/** What is remembered of each certificate on each node. */
export async function run(invocation: Invocation<FleetStatusFlags>): Promise<CommandResult> {
  const { flags, context, emit } = invocation;
  const { fleets, store } = await openFleets(invocation);
  const rows: Row[] = [];
  for (const { fleet, certificates } of fleets) {
    for (const { name, fingerprint256 } of certificates.list) {
      const { nodes } = await readFleetState(store, fleet.label, name, ({ code, message }) => {
        const hint = `certwright fleet push ${fleet.label} finds out anew which node has it.`;
        emit({ type: "warning", code, certificate: name, message, hint });
      });
      const about = { fleet: fleet.label, certificate: name, wanted: fingerprint256 };
      for (const state of nodes)
        rows.push({ ...about, node: state.target, standing: standingOf(state, fingerprint256), state });
      const known = new Set(nodes.map(({ target }) => target));
      for (const node of membersOf(fleet, known.size === 0))
        if (!known.has(node)) rows.push({ ...about, node, standing: "unknown" });
    }
  }
  const late = rows.filter(({ standing }) => standing === "late" || standing === "unknown");
  const shown = flags.late ? late : rows;
  const now = context.now();
  return {
    exitCode: late.length > 0 ? exitCodes.notDeployed : exitCodes.done,
    result: {
      rows: shown.map(({ state, ...row }) => ({ ...row, ...(state && { ...withMoments(state), target: undefined }) })),
    },
    lines: [
      ...(shown.length === 0
        ? []
        : table([
            ["FLEET", "NODE", "CERTIFICATE", "WANTED", "ACCEPTED", "SERVED", "SINCE", "FAILURES", "NEXT TRY", "WHY"],
            ...shown.map((row) => cells(row, now)),
          ])),
      `${rows.length - late.length} of ${rows.length} as they should be`,
    ],
  };
}

/** Nodes that are known without asking anybody; where there are none, one without a name stands for all of a new fleet. */
function membersOf({ source }: Fleet, isNew: boolean): readonly string[] {
  if (source.kind === "list") return source.targets.map((target) => readNode(target).id);
  return isNew ? [""] : [];
}

function standingOf({ accepted, served }: TargetState, wanted: string): Row["standing"] {
  if (served?.fingerprint256 === wanted) return "served";
  return accepted?.fingerprint256 === wanted ? "accepted" : "late";
}

function cells({ fleet, node, certificate, wanted, standing, state }: Row, now: number): readonly string[] {
  const since = standing === "served" ? state?.served?.at : standing === "accepted" ? state?.accepted?.at : undefined;
  const short = (fingerprint: string | undefined) => fingerprint?.slice(0, 12) ?? "-";
  return [
    fleet,
    node === "" ? "(all)" : node,
    certificate,
    short(wanted),
    short(state?.accepted?.fingerprint256),
    short(state?.served?.fingerprint256),
    since === undefined ? "-" : minute(new Date(since).toISOString()),
    String(state?.failures ?? 0),
    state?.nextTry === undefined ? "-" : relativeTime(state.nextTry, now),
    state === undefined ? "never pushed" : (state.lastError?.code ?? ""),
  ];
}
