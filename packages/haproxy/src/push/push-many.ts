import { turnstile } from "@certwright/provider";
import { bundleReader } from "../certificate/pem.ts";
import { findShadows } from "../certificate/served.ts";
import { hasCode } from "../errors.ts";
import { pushManyThrough } from "../node-agent/push-through.ts";
import { whileLocked } from "../runtime/locked.ts";
import type { Node } from "../runtime/node.ts";
import { refused } from "../runtime/refused.ts";
import { abortCertificate, showLevel, showSni } from "../runtime/runtime.ts";
import type { Session } from "../runtime/session.ts";
import { canSendAhead } from "../runtime/transaction.ts";
import { lockNode, releaseAfterFailure, unlockNode, type WriterLock } from "../runtime/writer-lock.ts";
import { isEndOfSession, isPlain, type PlainRequest, showTaken, type Taken, takePlain } from "./batch.ts";
import { inGroups, inLanes, type Supply, supplyOf } from "./lanes.ts";
import { pushNow } from "./push.ts";
import type { PushRequest, PushResult } from "./push-request.ts";
import { isCurrent, openCurrent } from "./reload.ts";
import { type PushContext, type Settings, settingsOf } from "./settings.ts";
import { inTurn } from "./turns.ts";
import { describeShadows } from "./verify.ts";

/** How one of many pushes ended. */
export type ManyOutcome =
  | { readonly kind: "done"; readonly result: PushResult }
  | { readonly kind: "failed"; readonly request: PushRequest; readonly error: unknown };

export interface ManyContext extends PushContext {
  /** Receives each outcome once it is proven. MUST NOT throw. */
  readonly onOutcome?: (outcome: ManyOutcome) => void;
}

/** How many pushes ended in which way. */
export interface ManySummary {
  readonly updated: number;
  readonly added: number;
  readonly unchanged: number;
  readonly reloadNeeded: number;
  readonly failed: number;
  /** Sentences for people that concern the whole. */
  readonly warnings: readonly string[];
}

// Enough changes under way to keep HAProxy busy, few enough that the kernel takes every request at once; and enough
// certificates ahead of them to be read and checked while HAProxy works.
const changesAtOnce = 32;
const lanes = 128;
// How many are asked about at once when all are proven.
const groupSize = 64;
// A chunk bounds what is in memory, and for how long others wait for the lock.
const chunkSize = 2_500;
const chunkTime = 1_000;
const mostLeftOver = 100;

/**
 * Pushes many certificates to one node, at nearly the speed of HAProxy itself: plain replacements are sent ahead and
 * proven together; everything else, and whatever goes wrong, gets a full `push` of its own. The requests are taken as
 * they are needed; memory does not grow with their number.
 *
 * @throws HaproxyError when the node cannot be worked with at all; single failures are outcomes
 */
export function pushMany(
  node: Node,
  requests: Iterable<PushRequest> | AsyncIterable<PushRequest>,
  context: ManyContext,
): Promise<ManySummary> {
  return inTurn(node, context.signal, () => pushManyNow(node, requests, context));
}

async function pushManyNow(
  node: Node,
  requests: Iterable<PushRequest> | AsyncIterable<PushRequest>,
  context: ManyContext,
): Promise<ManySummary> {
  const settings = settingsOf(node, context);
  const supply = supplyOf(requests);
  if (node.kind === "agent") return pushManyThrough(node, supply, settings, context.onOutcome);
  const names = new Set<string>();
  const counts = { updated: 0, added: 0, unchanged: 0, "reload-needed": 0, failed: 0 };
  const tell = (outcome: ManyOutcome) => {
    counts[outcome.kind === "failed" ? "failed" : outcome.result.action]++;
    context.onOutcome?.(outcome);
  };

  let cuts = 0;
  for (let ended = false; !ended; ) {
    const chunk = await takeChunk(supply, settings);
    ended = chunk.ended;
    // One that was cut before anything was begun is begun again, but not for ever.
    cuts = chunk.cut === undefined || chunk.taken.length + chunk.leftOver.length > 0 ? 0 : cuts + 1;
    if (cuts >= settings.limits.attempts) throw chunk.cut;
    await proveChunk(chunk, settings, (result) => {
      names.add(result.name);
      tell({ kind: "done", result });
    });
    for (const request of chunk.leftOver) tell(await pushAlone(node, request, context));
  }
  const { "reload-needed": reloadNeeded, ...rest } = counts;
  return { ...rest, reloadNeeded, warnings: await lookForShadows(names, settings) };
}

interface Chunk {
  readonly taken: Taken[];
  /** What needs a push of its own. */
  readonly leftOver: PushRequest[];
  /** True when the supply ended. */
  ended: boolean;
  /** What ended the session before its time. */
  cut?: unknown;
}

async function takeChunk(supply: Supply<PushRequest>, settings: Settings): Promise<Chunk> {
  const { signal, emit, limits } = settings;
  const session = await openCurrent(settings);
  const chunk: Chunk = { taken: [], leftOver: [], ended: false };
  const open = new Set<string>();
  let begun = 0;
  let lock: WriterLock | undefined;
  try {
    if ((await showLevel(session)) !== "admin") throw refused(session, "", { kind: "denied" });
    await lockNode(session, { signal, emit, patience: limits }, (each) => {
      lock = each;
    });
    const batch = {
      settings,
      readBundle: bundleReader(),
      swept: new Set<string>(),
      inTurn: turnstile(changesAtOnce),
      begun: (name: string) => void open.add(name),
      ended: (name: string) => void open.delete(name),
    };
    const until = performance.now() + chunkTime;
    const more = () => begun < chunkSize && chunk.leftOver.length < mostLeftOver && performance.now() < until;
    const plain: Supply<PlainRequest> = {
      async next() {
        for (;;) {
          const request = await supply.next();
          begun++;
          if (request === undefined) chunk.ended = true;
          if (request === undefined || isPlain(request)) return request;
          chunk.leftOver.push(request);
        }
      },
    };
    await inLanes(canSendAhead(session.worker.version) ? lanes : 1, plain, more, async (request) => {
      try {
        const taken = await takePlain(session, request, batch);
        if (taken) chunk.taken.push(taken);
        else chunk.leftOver.push(request);
      } catch (error) {
        chunk.leftOver.push(request);
        // A refusal concerns this one alone, and a push of its own will say it; the end of the session concerns all.
        if (isEndOfSession(error, settings)) throw error;
      }
    });
    if (lock) await unlockNode(session, lock, { signal, patience: limits, pause: 0 });
  } catch (error) {
    await endChunk(open, lock, settings);
    signal.throwIfAborted();
    // Each of those under way gets a push of its own, which says what is wrong if it is wrong still.
    const isBegun = chunk.leftOver.length > 0;
    if (!isEndOfSession(error, settings) || !(isBegun || hasCode(error, "HAPROXY_CONNECTION_CUT"))) throw error;
    chunk.cut = error;
    emit({ type: "retrying", node: settings.node.id, certificate: "", reason: (error as Error).message });
  } finally {
    session.close();
  }
  return chunk;
}

/** Looks at what was taken over a new session, which leads to the worker of now. What is not there is left over. */
async function proveChunk(chunk: Chunk, settings: Settings, proven: (result: PushResult) => void): Promise<void> {
  if (chunk.taken.length === 0) return;
  const results = new Map<Taken, PushResult>();
  const session = await openCurrent(settings);
  try {
    await inLanes(
      2,
      inGroups(supplyOf(chunk.taken), groupSize),
      () => true,
      async (group) => {
        for (const [index, shown] of (await showTaken(session, group, settings)).entries()) {
          const taken = group[index];
          if (taken && shown) results.set(taken, resultOf(taken, session, shown.status === "Used"));
        }
      },
    );
    if (!(await isCurrent(session))) results.clear();
  } catch (error) {
    settings.signal.throwIfAborted();
    if (!isEndOfSession(error, settings)) throw error;
    results.clear();
  } finally {
    session.close();
  }
  for (const taken of chunk.taken) {
    const result = results.get(taken);
    if (result) proven(result);
    else chunk.leftOver.push(taken.request);
  }
}

async function lookForShadows(names: ReadonlySet<string>, settings: Settings): Promise<readonly string[]> {
  const session = await openCurrent(settings);
  try {
    const context = { patience: settings.limits, signal: settings.signal };
    const rows = await whileLocked(session, context, () => showSni(session));
    return "kind" in rows ? [] : describeShadows(findShadows(rows, names));
  } catch (error) {
    settings.signal.throwIfAborted();
    // A remark is not worth the failure of what is proven.
    if (!isEndOfSession(error, settings)) throw error;
    return [];
  } finally {
    session.close();
  }
}

/** Over a session of its own: the one before may be dead, or must not speak any more. */
async function endChunk(open: ReadonlySet<string>, lock: WriterLock | undefined, settings: Settings): Promise<void> {
  const { settleTimeout, settlePause } = settings.limits;
  const signal = AbortSignal.timeout(settleTimeout);
  const pace = { signal, pause: settlePause, patience: { busyTimeout: settleTimeout } };
  try {
    const session = await settings.open(signal);
    try {
      for (const name of open) await whileLocked(session, pace, () => abortCertificate(session, name));
      if (lock) await releaseAfterFailure(session, lock, pace);
    } finally {
      session.close();
    }
  } catch {
    // The node is away; its transactions and locks are gone with it, and the error being reported says why.
  }
}

async function pushAlone(node: Node, request: PushRequest, context: ManyContext): Promise<ManyOutcome> {
  try {
    return { kind: "done", result: await pushNow(node, request, context) };
  } catch (error) {
    context.signal.throwIfAborted();
    return { kind: "failed", request, error };
  }
}

function resultOf(taken: Taken, { node, worker }: Session, served: boolean): PushResult {
  const { request, proof, files, warnings, changed, instances } = taken;
  return {
    node: node.id,
    name: request.certificate,
    action: changed ? "updated" : "unchanged",
    instances,
    served,
    serial: proof.serial,
    fingerprint256: proof.fingerprint256,
    pid: worker.pid,
    version: worker.version,
    files,
    warnings,
  };
}
