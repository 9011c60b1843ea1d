import { setTimeout as sleep } from "node:timers/promises";
import { createLocks } from "@certwright/provider";
import { keyTypeOfAlgorithm, readBundle } from "../certificate/pem.ts";
import { refuseBundle, refusePlace } from "../certificate/refusals.ts";
import { hasCode } from "../errors.ts";
import type { Shown } from "../push/handshake.ts";
import { shakeAll } from "../push/verify.ts";
import { add, update } from "./live.ts";
import { lookAround, type Reach } from "./look.ts";
import { asOnlyWriter, needsLock } from "./node-lock.ts";
import type { Desk } from "./open-api.ts";
import { findPlace, type Place } from "./place.ts";
import { prove } from "./prove.ts";
import { refuseSize } from "./size.ts";
import { onlyStored, withoutProcess } from "./without-process.ts";
import { type ApiPushRequest, type ApiPushResult, store, type Work } from "./work.ts";

// Starting again can mend these: the connection, the worker or somebody else came in between.
const passing = [
  "HAPROXY_CONNECTION_CUT",
  "HAPROXY_WORKER_REPLACED",
  "HAPROXY_NOT_APPLIED",
  "HAPROXY_OVERTAKEN",
] as const;
// What a reload can mend, where one is allowed.
const mendable = ["HAPROXY_BUFFER_TOO_SMALL", "HAPROXY_DANGEROUS_SIZE", "HAPROXY_RELOAD_NEEDED"] as const;
// Memory and file are to hold the same in the end, so a certificate of a node has one push at a time.
const turns = createLocks();

/**
 * Makes one certificate live in one HAProxy through its Data Plane API, and proves it.
 *
 * In order: refuse what would do harm, replace the content in memory, write the file, attach it where it is new, and
 * verify. Memory comes first here: HAProxy is the judge of what it can load, and the API never gives back the former
 * file of a key. A push may be repeated at will.
 *
 * @param look the first look at the API; after a failure that may pass everything is looked at anew
 * @throws HaproxyError with any code of `haproxyErrorCodes`; the signal's reason when aborted
 */
export async function pushThroughApi(
  desk: Desk,
  request: ApiPushRequest,
  look: () => Promise<Reach> = () => lookAround(desk),
): Promise<ApiPushResult> {
  const bundle = readBundle(request.pem);
  refuseBundle(bundle, new Date(desk.now()));
  for (let attempts = 1; ; attempts++) {
    try {
      const reach = await (attempts === 1 ? look() : lookAround(desk));
      return await attempt({ desk, reach, request, bundle, files: [], reloaded: false });
    } catch (error) {
      if (attempts >= desk.limits.attempts || !hasCode(error, ...passing) || desk.signal.aborted) throw error;
      const { certificate = "" } = request;
      desk.emit({ type: "retrying", node: desk.node.id, certificate, reason: (error as Error).message });
      await sleep(50 + Math.random() * 200, undefined, { signal: desk.signal });
    }
  }
}

/** The story of one node, from the first look to the proof. */
async function attempt(work: Work): Promise<ApiPushResult> {
  const { desk, reach, request, bundle } = work;
  const place = await findPlace(desk, reach, bundle, request);
  const { name, present } = place;
  refusePlace(bundle, {
    node: desk.node.id,
    name,
    ...(present ? { present } : {}),
    allowFewerNames: request.allowFewerNames ?? false,
  });
  const points = request.verify?.handshake ?? [];
  const before = present ? await shakeAll(points, keyTypeOfAlgorithm(present.algorithm), desk) : [];
  return turns.hold([`${desk.node.url} ${name}`], () => carryOut(work, place, before));
}

async function carryOut(work: Work, place: Place, before: readonly Shown[]): Promise<ApiPushResult> {
  const { desk, reach, request, bundle } = work;
  const { name, present } = place;
  if (!reach.process) return withoutProcess(work, place, before);
  if (place.way?.kind === "reload") return onlyStored(work, place, place.way.reason);
  try {
    const { bufferSize, process } = reach;
    refuseSize(bundle, name, {
      node: desk.node.id,
      version: process.version,
      ...(bufferSize === undefined ? {} : { bufferSize }),
    });
    const change = () => (present ? update(work, place) : add(work, place));
    const action = await (needsLock(process, place) ? asOnlyWriter(desk, change) : change());
    return await prove(work, place, process, before, action);
  } catch (error) {
    if (!request.mayReload || !hasCode(error, ...mendable)) throw error;
    await store(work, place, true);
    return await prove(work, place, reach.process, before, present ? "updated" : "added");
  }
}
