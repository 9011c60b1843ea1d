import { isSame } from "../certificate/served.ts";
import { HaproxyError } from "../errors.ts";
import type { PushResult } from "../push/push-request.ts";
import { attachTo, keepListed, listTextOf, removeStored, replaceInMemory, takeBack, upload } from "./change.ts";
import { lookAtFile, lookInMemory } from "./look.ts";
import type { Desk } from "./open-api.ts";
import type { Place } from "./place.ts";
import { isFileOf, keepListFile, lineOf, type Work, write } from "./work.ts";

/* What is changed while HAProxy runs: its memory first, then the files of its next start. */

/** Replaces what is there, and attaches it where that was asked for. */
export async function update(work: Work, place: Place): Promise<PushResult["action"]> {
  const { desk, reach, bundle, request } = work;
  const { name, present, file, way, listedIn } = place;
  // What differs in memory is written in either case.
  const stored = file && present && isSame(present, bundle) ? await lookAtFile(desk, file) : undefined;
  const isStored = file === undefined || (stored !== undefined && isFileOf(bundle, stored));
  // The API shows the last issuer only. Where the file differs in its issuers, so may the memory.
  const issued = (present?.chainSubjects.length ?? 0) > 0 === bundle.issuers > 0;
  const isLoaded =
    present !== undefined && isSame(present, bundle) && issued && (isStored || stored?.serial !== bundle.serial);
  if (!isLoaded) await replaceInMemory(desk, name, bundle.pem);
  if (file && !isStored) await write(work, file, false);
  if (listedIn !== undefined && file) await keepListed(desk, reach, listedIn, lineOf(name, request));
  if (way && way.kind !== "reload") {
    const attached = await attachTo(desk, way.list, lineOf(name, request));
    if (way.kind === "crt-list") await keepListFile(work, way.list, name);
    if (attached) return "added";
  }
  return isLoaded ? "unchanged" : "updated";
}

/** Adds what is not there yet. @throws HaproxyError HAPROXY_RELOAD_NEEDED, and those of the API */
export async function add(work: Work, place: Place): Promise<PushResult["action"]> {
  const { desk, reach, request, bundle } = work;
  const { way } = place;
  if (way === undefined || way.kind === "reload") throw new TypeError("A certificate that is new needs a way.");
  if (place.file) {
    // HAProxy will load it: the file that its next start needs is not ours to remove.
    if (way.kind === "crt-list" && (await listTextOf(desk, reach, way.list))?.includes(place.name)) {
      throw notTaken(desk, place, "its file and its line are there, but HAProxy has loaded neither");
    }
    await removeStored(desk, place.file);
  }
  const storageName = place.upload ?? place.file?.storageName ?? "";
  const { file, reloaded } = await upload(desk, storageName, bundle.pem, true);
  work.files.push(file.file);
  work.reloaded ||= reloaded;
  try {
    if (reloaded && (await lookInMemory(desk, file.file)) === undefined) {
      throw notTaken(desk, place, "HAProxy did not take it at run time, and its configuration does not name it");
    }
    await attachTo(desk, way.list, lineOf(file.file, request));
  } catch (error) {
    await takeBack(desk, file);
    throw error;
  }
  if (way.kind === "crt-list") await keepListFile(work, way.list, file.file);
  return "added";
}

function notTaken(desk: Desk, { name }: Place, why: string): HaproxyError {
  return new HaproxyError("HAPROXY_RELOAD_NEEDED", `${name} is not live in ${desk.node.id}: ${why}.`, {
    node: desk.node.id,
    certificate: name,
    hint: "Reload HAProxy, or push again later.",
  });
}
