import type { WaitingTarget } from "@certwright/core";
import { type FleetMember, readFleetState, updateFleetMembers } from "@certwright/core/store";
import { type Fleet, nodesNeeded } from "./fleet.ts";
import { type FleetNode, findNodes, readNode } from "./fleet-nodes.ts";
import { type FleetCertificates, type FleetReport, type FleetWorld, pushToFleet } from "./fleet-push.ts";

/** What came of a look for nodes that are new to a fleet. */
export interface NewNodesReport {
  /** By certificate: that the policy is not content with it, because of a node that is new. */
  readonly waiting: ReadonlyMap<string, WaitingTarget>;
  /** Milliseconds since 1970; left out where every node has what there is. */
  readonly retryAt?: number;
}

const allWell: NewNodesReport = { waiting: new Map() };

/**
 * Brings what a fleet has to its nodes that are new, as a push to all of it does that leaves out what is there. A node is
 * new until it had everything once; then each certificate cares for itself.
 *
 * @param certificates reads those of the fleet; asked only where a node is new
 * @throws HaproxyError as `findNodes`; StoreError where states cannot be kept; the signal's reason
 */
export async function bringToNewNodes(
  fleet: Fleet,
  certificates: () => Promise<FleetCertificates>,
  world: FleetWorld,
): Promise<NewNodesReport> {
  const { store } = world;
  const nodes = await findNodes(fleet.source, world);
  const ids = nodes.map(({ id }) => id);
  const members = await updateFleetMembers(store, fleet.label, (before) => membersNow(before, ids));
  const fresh = new Set(members.flatMap(({ node, isSettled }) => (isSettled ? [] : [node])));
  if (fresh.size === 0) return allWell;
  const lacking = await pushAll(fleet, nodes, certificates, world);
  const late = new Map([...lacking].filter(([, without]) => without.some((id) => fresh.has(id))));
  const unsettled = new Set([...late.values()].flat());
  // Whoever left one out meanwhile took it from the members: it stays new.
  await updateFleetMembers(store, fleet.label, (now) =>
    now.map((member) =>
      fresh.has(member.node) && !unsettled.has(member.node) ? { ...member, isSettled: true } : member,
    ),
  );
  if (late.size === 0) return allWell;
  return await waitingFor(fleet, ids, fresh, late, world);
}

/** Nodes of a fleet that are new, as far as that is known without asking anybody; none where it was never looked at. */
export async function newNodesListed({ source, label }: Fleet, { store }: FleetWorld): Promise<readonly string[]> {
  if (source.kind !== "list") return [];
  const members = await updateFleetMembers(store, label, (before) => before);
  const settled = new Set(members.flatMap(({ node, isSettled }) => (isSettled ? [node] : [])));
  if (members.length === 0) return [];
  return source.targets.map((target) => readNode(target).id).filter((id) => !settled.has(id));
}

/** The members of a fleet that has these nodes now: who is there no more is forgotten, and new when it comes back. */
export function membersNow(before: readonly FleetMember[], nodes: readonly string[]): readonly FleetMember[] {
  const settled = new Set(before.flatMap(({ node, isSettled }) => (isSettled ? [node] : [])));
  // In an order of their own: a program may print them in another each time.
  return nodes.toSorted().map((node) => ({ node, isSettled: settled.has(node) }));
}

/** Pushes what is not there yet, and tells the nodes that lack it. */
async function pushAll(
  fleet: Fleet,
  nodes: readonly FleetNode[],
  certificates: () => Promise<FleetCertificates>,
  world: FleetWorld,
): Promise<FleetReport["lacking"]> {
  const { list, load } = await certificates();
  const report = await pushToFleet(fleet, nodes, { list, load }, { insist: false }, world);
  tellBrought(fleet, report, world);
  // Of what was renewed meanwhile the old one may have come last; pushed once more, what is right is left alone.
  const pushed = new Map(list.map(({ name, fingerprint256 }) => [name, fingerprint256]));
  const latest = list.length === 0 ? [] : (await certificates()).list;
  const renewed = latest.filter(({ name, fingerprint256 }) => (pushed.get(name) ?? fingerprint256) !== fingerprint256);
  if (renewed.length === 0) return report.lacking;
  const again = await pushToFleet(fleet, nodes, { list: renewed, load }, { insist: true }, world);
  const names = new Set(renewed.map(({ name }) => name));
  return new Map([...[...report.lacking].filter(([name]) => !names.has(name)), ...again.lacking]);
}

function tellBrought({ label }: Fleet, { nodes }: FleetReport, { emit }: FleetWorld): void {
  for (const { node, updated } of nodes) {
    if (updated === 0) continue;
    const detail = `${label} has a node that is new`;
    emit({ type: "deploy.finished", certificate: counted(updated), target: node, action: "updated", detail });
  }
}

/** What is still to come, told for each node, and when. */
async function waitingFor(
  fleet: Fleet,
  ids: readonly string[],
  fresh: ReadonlySet<string>,
  late: FleetReport["lacking"],
  { store, now, emit }: FleetWorld,
): Promise<NewNodesReport> {
  const waiting = new Map<string, WaitingTarget>();
  const told = new Map<string, { count: number; next: number; why: string }>();
  for (const [name, without] of late) {
    const { nodes: states } = await readFleetState(store, fleet.label, name, () => {});
    const tries = states.filter(({ target }) => without.includes(target));
    // One that a canary holds back has none of its own.
    const next = Math.min(...tries.flatMap(({ nextTry }) => nextTry ?? []), now() + longestPause);
    const lastError = tries.find(({ target }) => fresh.has(target))?.lastError;
    for (const id of without.filter((each) => fresh.has(each))) {
      const error = states.find(({ target }) => target === id)?.lastError;
      const why = error === undefined ? "" : ` (${error.code}: ${error.message})`;
      const before = told.get(id) ?? { count: 0, next, why };
      told.set(id, { ...before, count: before.count + 1, next: Math.min(before.next, next) });
    }
    if (ids.length - without.length >= nodesNeeded(fleet.policy, ids.length)) continue;
    const target = `fleet:${fleet.label}`;
    waiting.set(name, { target, next: new Date(next), ...(lastError === undefined ? {} : { lastError }) });
  }
  for (const [node, { count, next, why }] of told) {
    const again = new Date(next).toISOString();
    emit({
      type: "warning",
      code: "DEPLOY_WAITING",
      message: `${node}, which is new to ${fleet.label}, lacks ${counted(count)}; tried again at ${again}${why}`,
      hint: `certwright fleet push --fleet ${fleet.label} tries it now; certwright fleet status --late shows what is late.`,
    });
  }
  return { waiting, retryAt: Math.min(...[...told.values()].map(({ next }) => next)) };
}

const longestPause = 3_600_000;

function counted(certificates: number): string {
  return certificates === 1 ? "1 certificate" : `${certificates} certificates`;
}
