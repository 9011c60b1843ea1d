import type { Shown } from "../push/handshake.ts";
import { lookAtFile } from "./look.ts";
import type { Place } from "./place.ts";
import { shake } from "./prove.ts";
import { type ApiPushResult, isFileOf, result, store, type Work } from "./work.ts";

/** HAProxy's configuration must change first; the file is put there for it. */
export async function onlyStored(work: Work, place: Place, reloadNeeded: string): Promise<ApiPushResult> {
  if (place.file ?? place.upload) await store(work, place, false);
  return result(work, place.name, { action: "reload-needed", reloadNeeded, warnings: [] });
}

/** The API has no way to the running process: files, reloads and handshakes are all there is. */
export async function withoutProcess(work: Work, place: Place, before: readonly Shown[]): Promise<ApiPushResult> {
  const { desk, reach, request, bundle } = work;
  const points = request.verify?.handshake ?? [];
  const stored = place.file && (await lookAtFile(desk, place.file));
  const isStored = stored !== undefined && isFileOf(bundle, stored);
  const isServed =
    points.length > 0 &&
    before.every((shown) => shown.kind === "certificate" && shown.fingerprint256 === bundle.fingerprint256);
  if (isStored && (isServed || points.length === 0)) {
    const warnings = isServed ? [] : ["Nothing tells whether HAProxy has loaded the file; name an address with check."];
    return result(work, place.name, { action: "unchanged", served: isServed, warnings });
  }
  await store(work, place, request.mayReload);
  if (!work.reloaded) {
    const reloadNeeded = `the API cannot reach the running process (${reach.unreached}), and a reload was not allowed`;
    return result(work, place.name, { action: "reload-needed", reloadNeeded, warnings: [] });
  }
  await shake(work, place.name, before);
  const warnings =
    points.length > 0 ? [] : ["HAProxy was reloaded, but no handshake was made: name an address with check."];
  const action = place.present ? "updated" : "added";
  return result(work, place.name, { action, served: points.length > 0, warnings });
}
