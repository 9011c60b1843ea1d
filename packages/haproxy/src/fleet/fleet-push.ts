import type { DeployableCertificate, Emit, TargetResult, World } from "@certwright/core";
import { readFleetState, type Store, type StoreError, updateFleetMembers } from "@certwright/core/store";
import { mapLimited } from "@certwright/provider";
import type { FindPassword } from "../dataplane/open-api.ts";
import type { PushLimits } from "../push/settings.ts";
import type { Connect, FindKey } from "../runtime/connect.ts";
import { pushToDataplane } from "./dataplane-push.ts";
import type { Fleet } from "./fleet.ts";
import { pushToNode } from "./fleet-node-push.ts";
import { type FleetNode, hasDataplane, type NodeSurroundings } from "./fleet-nodes.ts";
import { isDue, openRecorder } from "./fleet-states.ts";

/** The world of a fleet. */
export interface FleetWorld extends NodeSurroundings, Pick<World, "now" | "sleep"> {
  readonly store: Store;
  readonly emit: Emit;
  readonly limits?: Partial<PushLimits>;
  readonly connect?: Connect;
  /** Passwords of users of Data Plane APIs. */
  readonly password?: FindPassword;
  /** Keys of client certificates towards Data Plane APIs that are in no file. */
  readonly key?: FindKey;
}

/** Certificates for a fleet: which, and how each is read when its turn comes. */
export interface FleetCertificates {
  readonly list: readonly { readonly name: string; readonly fingerprint256: string }[];
  load(name: string): Promise<DeployableCertificate>;
}

/** What came of one node. */
export interface NodeReport {
  readonly node: string;
  readonly updated: number;
  readonly unchanged: number;
  readonly failed: number;
  /** Left out: there already, or its next try is later. */
  readonly skipped: number;
  /** The first failure. */
  readonly error?: Error;
}

export interface FleetReport {
  readonly nodes: readonly NodeReport[];
  /** By certificate, the ids of the nodes that lack it; only those that some node lacks. */
  readonly lacking: ReadonlyMap<string, readonly string[]>;
}

export interface FleetPushOptions {
  /** Try every node and certificate, also those that have it and those whose next try is later. */
  readonly insist: boolean;
}

/**
 * Brings certificates to the nodes of a fleet: a few nodes at a time, on each one after the other. How far each got is
 * kept in the store, so that a node that was down is caught up with later. Single failures are in the report.
 *
 * @throws StoreError where states cannot be kept; the signal's reason
 */
export async function pushToFleet(
  fleet: Fleet,
  nodes: readonly FleetNode[],
  certificates: FleetCertificates,
  { insist }: FleetPushOptions,
  world: FleetWorld,
): Promise<FleetReport> {
  const ids = nodes.map(({ id }) => id);
  const recorder = openRecorder(world.store, fleet.label, ids, world.now);
  const tally = createTally(ids, recorder.record);
  const shared = shareLoads(certificates);
  // Read for the canaries and for the others, told once.
  const damaged = new Set<string>();
  const tellDamage = (certificate: string, { code, message }: StoreError) => {
    if (damaged.has(certificate)) return;
    damaged.add(certificate);
    const instead = `${message}; every node of ${fleet.label} is asked anew`;
    world.emit({ type: "warning", code, certificate, message: instead });
  };
  // Nobody would ever bring a node up to date that was taken out of the fleet. Should it come back, it is new.
  const present = new Set(ids);
  await updateFleetMembers(world.store, fleet.label, (members) => members.filter(({ node }) => present.has(node)));
  /** What is due at each of some nodes; the rest is counted as left out. */
  const dueAt = async (some: readonly FleetNode[], list: FleetCertificates["list"]) => {
    const due = some.map(({ id }) => ({ id, these: [] as FleetCertificates["list"][number][] }));
    for (const each of list) {
      const { name, fingerprint256 } = each;
      const known = await readFleetState(world.store, fleet.label, name, (damage) => tellDamage(name, damage));
      if (known.nodes.some(({ target }) => !present.has(target))) recorder.forget(name);
      for (const { id, these } of due) {
        const state = known.nodes.find(({ target }) => target === id);
        const has = state?.accepted?.fingerprint256 === fingerprint256;
        if (isDue(state, fingerprint256, world.now())) these.push(each);
        else tally.skip(id, name, !has, has ? state?.accepted?.at : undefined);
      }
    }
    return new Map(due.map(({ id, these }) => [id, these]));
  };
  const work = async (some: readonly FleetNode[], list: FleetCertificates["list"], everything: boolean) => {
    const due = everything || some.length === 0 ? undefined : await dueAt(some, list);
    const pushTo = async (node: FleetNode) => {
      const these = { list: due?.get(node.id) ?? list, load: shared };
      if (these.list.length === 0) return;
      if (hasDataplane(node)) await pushToDataplane(node, these, tally.tell, world);
      else await pushToNode(node, these, tally.tell, world);
    };
    // What fails at one node may work at the next.
    await mapLimited(some, pushTo, { limit: fleet.parallel, isFinal: () => world.signal.aborted });
  };
  try {
    let { list } = certificates;
    let rest = nodes;
    if (fleet.policy.kind === "canary") {
      const canaries = nodes.slice(0, fleet.policy.nodes);
      rest = nodes.slice(canaries.length);
      await work(canaries, list, insist);
      if (rest.length > 0) {
        await waitForCanaries(tally.lastChange(), fleet.policy.waitMs, world);
        const proven = list.filter(({ name }) => !tally.isLacking(name));
        // Pushed once more: what is still there is left alone and looked at, and its handshakes are made again.
        await work(canaries, proven, true);
      }
      const held = list.filter(({ name }) => tally.isLacking(name));
      for (const { name } of held) for (const { id } of rest) tally.hold(name, id);
      list = list.filter(({ name }) => !tally.isLacking(name));
    }
    await work(rest, list, insist);
  } finally {
    await recorder.close();
  }
  return tally.report();
}

async function waitForCanaries(since: number | undefined, waitMs: number, { now, sleep, signal }: FleetWorld) {
  // A moment that is still to come was noted by a clock that was ahead.
  const left = since === undefined ? 0 : Math.min(since + waitMs - now(), waitMs);
  if (left > 0) await sleep(left, signal);
}

/** What nodes are told is counted here, and handed on to be kept. */
function createTally(nodes: readonly string[], record: ReturnType<typeof openRecorder>["record"]) {
  const counts = new Map(nodes.map((node) => [node, { updated: 0, unchanged: 0, failed: 0, skipped: 0 }]));
  const errors = new Map<string, Error>();
  const lacking = new Map<string, Set<string>>();
  let lastChange: number | undefined;
  const changed = (at: number) => {
    lastChange = Math.max(lastChange ?? at, at);
  };
  const mark = (name: string, node: string, lacks: boolean) => {
    const nodesWithout = lacking.get(name) ?? new Set();
    if (lacks) nodesWithout.add(node);
    else nodesWithout.delete(node);
    if (nodesWithout.size > 0) lacking.set(name, nodesWithout);
    else lacking.delete(name);
  };
  return {
    tell(name: string, fingerprint256: string, result: TargetResult, at: number) {
      const count = counts.get(result.target);
      if (count) count[!result.ok ? "failed" : result.action === "unchanged" ? "unchanged" : "updated"] += 1;
      if (!result.ok && !errors.has(result.target)) errors.set(result.target, result.error);
      if (result.ok && result.action !== "unchanged") changed(at);
      mark(name, result.target, !result.ok);
      record(name, fingerprint256, result);
    },
    skip(node: string, name: string, lacks: boolean, since: number | undefined) {
      const count = counts.get(node);
      if (count) count.skipped += 1;
      if (since !== undefined) changed(since);
      if (lacks) mark(name, node, true);
    },
    /** Not tried, because a canary failed. */
    hold: (name: string, node: string) => mark(name, node, true),
    isLacking: (name: string) => lacking.has(name),
    lastChange: () => lastChange,
    report: (): FleetReport => ({
      nodes: [...counts].map(([node, count]) => {
        const error = errors.get(node);
        return { node, ...count, ...(error === undefined ? {} : { error }) };
      }),
      lacking: new Map([...lacking].map(([name, without]) => [name, nodes.filter((node) => without.has(node))])),
    }),
  };
}

// As many as nodes are apart from each other in the list, roughly; each is a few kilobytes.
const keptLoads = 512;

/** Nodes go through the same list at about the same pace; each certificate is read once for all of them. */
function shareLoads({ load }: FleetCertificates): FleetCertificates["load"] {
  const loads = new Map<string, Promise<DeployableCertificate>>();
  return (name) => {
    const known = loads.get(name);
    if (known !== undefined) return known;
    const loading = load(name);
    loads.set(name, loading);
    loading.catch(() => loads.delete(name));
    const [oldest] = loads.keys();
    if (loads.size > keptLoads && oldest !== undefined) loads.delete(oldest);
    return loading;
  };
}
