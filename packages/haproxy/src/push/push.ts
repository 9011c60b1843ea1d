import { setTimeout as sleep } from "node:timers/promises";
import { messageOf } from "@certwright/provider";
import { type Bundle, keyTypeOfAlgorithm, readBundle } from "../certificate/pem.ts";
import { planRequests, refuseBundle, refuseLine, refusePlace, sizeLimits } from "../certificate/refusals.ts";
import { isIdentical } from "../certificate/served.ts";
import { linePayload } from "../disk/crt-list-file.ts";
import { type FileChanges, keepFormer, openFileChanges } from "../disk/file-changes.ts";
import { type FilePlan, mapPath, planFiles } from "../disk/files.ts";
import { recallFormer } from "../disk/former.ts";
import { addHint, HaproxyError, hasCode } from "../errors.ts";
import { pushThrough } from "../node-agent/push-through.ts";
import type { WorkerInfo } from "../runtime/listings.ts";
import type { Node } from "../runtime/node.ts";
import type { SetRequest } from "../runtime/runtime.ts";
import type { Session } from "../runtime/session.ts";
import { lockNode, unlockNode } from "../runtime/writer-lock.ts";
import { changeMemory } from "./change.ts";
import { discover, type Found } from "./discover.ts";
import type { Shown } from "./handshake.ts";
import type { PushRequest, PushResult } from "./push-request.ts";
import { putBack } from "./put-back.ts";
import { outlastReload } from "./reload.ts";
import { remarksAfter, remarksBefore } from "./remarks.ts";
import { type PushContext, type Settings, settingsOf } from "./settings.ts";
import { hintOf, settle, type Touched } from "./settle.ts";
import { inTurn } from "./turns.ts";
import { checkHandshakes, type Expected, shakeAll, verifyLoaded } from "./verify.ts";

// Starting again can mend these: the connection, the worker or somebody else came in between.
const passing = [
  "HAPROXY_CONNECTION_CUT",
  "HAPROXY_WORKER_STOPPING",
  "HAPROXY_WORKER_REPLACED",
  "HAPROXY_NOT_APPLIED",
  "HAPROXY_OVERTAKEN",
] as const;

/**
 * Makes one certificate live in one HAProxy without a reload, and proves it.
 *
 * In order: refuse what would do harm, write the files, replace the content in memory, attach it where it is new, and
 * verify over a new connection. A push may be repeated at will; what is already there is left alone. When it fails,
 * no transaction of ours stays open, and the files are as they were unless HAProxy holds the new certificate or
 * cannot be asked.
 *
 * @throws HaproxyError with any code of `haproxyErrorCodes`; the signal's reason when aborted
 */
export function push(node: Node, request: PushRequest, context: PushContext): Promise<PushResult> {
  return inTurn(node, context.signal, () => pushNow(node, request, context));
}

/** {@link push}, by one who has the turn. */
export async function pushNow(node: Node, request: PushRequest, context: PushContext): Promise<PushResult> {
  const settings = settingsOf(node, context);
  if (node.kind === "agent") return pushThrough(node, request, settings);
  const bundle = readBundle(request.pem);
  refuseBundle(bundle, new Date(context.now()));

  const files = openFileChanges(node.id, settings.emit);
  const work: Work = { request, bundle, settings, files, touched: { files } };
  for (let attempts = 1; ; attempts++) {
    try {
      return await attempt(work);
    } catch (error) {
      const again = attempts < settings.limits.attempts && hasCode(error, ...passing) && !context.signal.aborted;
      const aftermath = await settle(work.touched, bundle, settings, !again);
      if (!again) throw addHint(error, hintOf(aftermath, files));
      settings.emit({
        type: "retrying",
        node: node.id,
        certificate: request.certificate ?? "",
        reason: messageOf(error),
      });
      // Longer each time, for a reload of a large configuration takes a while.
      const pause = (50 + Math.random() * 200) * 2 ** (attempts - 1);
      await sleep(pause, undefined, { signal: context.signal }).catch(() => {});
    }
  }
}

/** One push over all its attempts. */
interface Work {
  readonly request: PushRequest;
  readonly bundle: Bundle;
  readonly settings: Settings;
  readonly files: FileChanges;
  readonly touched: Touched;
}

/** The story of one node, from the first word to the proof. */
async function attempt(work: Work): Promise<PushResult> {
  const session = await work.settings.open();
  try {
    await outlastReload(session, work.settings);
    const aim = await takeAim(session, work);
    const { found, plan, bundle, like } = aim;
    if (found.way?.kind === "reload") {
      await asOnlyWriter(session, work, () => work.files.writeCertificate(plan, bundle, like));
      return result(work, found, session.worker, {
        action: "reload-needed",
        reloadNeeded: found.way.reason,
        warnings: remarksBefore(work.bundle, found, plan),
      });
    }
    const before = await lookBefore(session, aim, work);
    const changed = await asOnlyWriter(session, work, async () => {
      await work.files.writeCertificate(plan, bundle, like);
      await editList(aim, work);
      return changeMemory(session, aim, work.touched, work.settings);
    });
    session.close();

    const loaded = await prove(aim, before, session.worker, work);
    return result(work, found, loaded.worker, {
      action: aim.requests.length === 0 && !found.way ? "unchanged" : found.way ? "added" : "updated",
      instances: changed.instances,
      served: loaded.status === "Used" && !loaded.shadowed,
      warnings: [
        ...remarksBefore(work.bundle, found, plan),
        ...remarksAfter(found, loaded, changed.notes),
        ...loaded.warnings,
      ],
    });
  } finally {
    session.close();
  }
}

/** Two deployers at one node would overwrite each other's files, and in HAProxy 2.6 even each other's transactions. */
async function asOnlyWriter<T>(session: Session, { settings, touched }: Work, change: () => Promise<T>): Promise<T> {
  const { signal, emit, limits } = settings;
  await lockNode(session, { signal, emit, patience: limits }, (lock) => {
    touched.lock = lock;
  });
  const changed = await change();
  if (touched.lock) await unlockNode(session, touched.lock, { signal, patience: limits, pause: 0 });
  touched.lock = undefined;
  return changed;
}

/** What will be done, decided before anything is. */
interface Aim {
  readonly found: Found;
  readonly plan: FilePlan;
  /** With what stays of the former file. */
  readonly bundle: Bundle;
  /** A file whose owner a new file takes over. */
  readonly like?: string;
  /** Empty when HAProxy holds exactly this already. */
  readonly requests: readonly SetRequest[];
  readonly line: { readonly certificate: string; readonly options?: string; readonly filters?: readonly string[] };
}

async function takeAim(session: Session, { request, bundle: given, settings }: Work): Promise<Aim> {
  const map = request.disk === false ? undefined : request.disk?.map;
  const found = await discover(session, given, { ...request, ...(map ? { map } : {}) }, settings);
  const { name, present, neighbour } = found;
  const allowFewerNames = request.allowFewerNames ?? false;
  const place = { node: settings.node.id, name, ...(present ? { present } : {}), allowFewerNames };
  const { plan, bundle } = await keepFormer(planFiles(settings.node, name, present, request.disk), given);
  await settings.permit(bundle, { name, plan, ...(present ? { present } : {}) });
  refusePlace(bundle, place);
  const limits = sizeLimits(session);
  const { options, filters } = request.add ?? {};
  const line = { certificate: name, ...(options ? { options } : {}), ...(filters ? { filters } : {}) };
  const payload = linePayload(line);
  if (found.way && found.way.kind !== "reload" && payload !== undefined)
    refuseLine(found.way.list, payload, place, limits);
  return {
    found,
    plan,
    bundle,
    ...(neighbour === undefined ? {} : { like: mapPath(neighbour, map) }),
    requests: present && isIdentical(present, bundle) ? [] : planRequests(bundle, place, limits),
    line,
  };
}

/** How things stood before the push: what clients saw, and what can be put back. */
interface Before {
  readonly shown: readonly Shown[];
  readonly former?: Bundle;
}

async function lookBefore(session: Session, { found, plan, requests }: Aim, work: Work): Promise<Before> {
  const points = work.request.verify?.handshake ?? [];
  if (points.length === 0 || requests.length === 0) return { shown: [] };
  // As clients of the present certificate, which may be of another key type.
  const shown = await shakeAll(points, keyTypeOfAlgorithm(found.present?.algorithm), work.settings);
  const former = found.present && (await recallFormer(session, found.present, plan));
  return { shown, ...(former ? { former } : {}) };
}

async function editList({ found, plan, line }: Aim, { request, files }: Work): Promise<void> {
  if (found.way?.kind !== "crt-list" || plan.kind === "none") return;
  const map = request.disk === false ? undefined : request.disk?.map;
  await files.addToList(mapPath(found.way.list, map), line);
}

async function prove({ found }: Aim, before: Before, worker: WorkerInfo, work: Work) {
  const { bundle, settings, files, request } = work;
  const { name, present, way } = found;
  const expected: Expected = {
    name,
    bundle,
    worker,
    ...(present ? { before: present } : {}),
    ...(way && way.kind !== "reload" ? { list: way.list } : {}),
  };
  const loaded = await verifyLoaded(expected, settings);
  if (!(await files.areOurs())) throw overtakenOnDisk(settings.node.id, name);
  try {
    await checkHandshakes(request.verify?.handshake ?? [], expected, settings, before.shown);
  } catch (error) {
    if (before.former && hasCode(error, "HAPROXY_HANDSHAKE_FAILED"))
      throw addHint(error, await putBack(name, before.former, settings));
    throw error;
  }
  return loaded;
}

function overtakenOnDisk(node: string, certificate: string): HaproxyError {
  return new HaproxyError("HAPROXY_OVERTAKEN", `Somebody else changed the files of ${certificate} during the push.`, {
    node,
    certificate,
    retryable: true,
    hint: "Let one deployer look after each certificate.",
  });
}

function result(
  { bundle, settings, files }: Work,
  { name }: Found,
  worker: WorkerInfo,
  rest: Pick<PushResult, "action" | "warnings"> & Partial<PushResult>,
): PushResult {
  return {
    node: settings.node.id,
    name,
    instances: 0,
    served: false,
    serial: bundle.serial,
    fingerprint256: bundle.fingerprint256,
    pid: worker.pid,
    version: worker.version,
    files: files.paths,
    ...rest,
  };
}
