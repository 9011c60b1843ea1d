import { basename } from "node:path/posix";
import { createLocks } from "@certwright/provider";
import { addListLine, formatListLine, type ListLine } from "../disk/crt-list-file.ts";
import type { StoredFile } from "./answers.ts";
import {
  deleteCertificate,
  deleteStored,
  getListText,
  postEntry,
  postStored,
  putCertificate,
  putList,
  putStored,
  type Taken,
} from "./api.ts";
import { canBeNamed, type Reach } from "./look.ts";
import type { Desk } from "./open-api.ts";
import { answered, wanted } from "./patience.ts";
import { refusedByApi } from "./refused.ts";
import { followReload } from "./reload.ts";

/* The changes a push through an API is made of. Each is safe to repeat. */

// HAProxy has one transaction for all, which the API opens and commits in two steps: two of ours would meet in it.
const turns = createLocks();

/** Replaces what HAProxy has in memory. @throws HaproxyError as `wanted` */
export async function replaceInMemory(desk: Desk, certificate: string, pem: string): Promise<void> {
  const replace = () => putCertificate(desk.api, certificate, pem);
  await turns.hold([desk.node.url], () => wanted(desk, { what: "the new content", certificate }, replace));
  desk.emit({ type: "committed", node: desk.node.id, certificate });
}

/** Replaces a file, and has HAProxy reloaded after it where asked to. @throws HaproxyError as `wanted`, `followReload` */
export async function writeStored(desk: Desk, file: StoredFile, pem: string, reload: boolean): Promise<void> {
  const { api, node, emit } = desk;
  const question = { what: "the new file", certificate: file.file };
  const replace = () => wanted(desk, question, () => putStored(api, file.storageName, pem, reload));
  // What is in memory alone is lost by a reload.
  const { reloadId } = await (reload ? turns.hold([node.url], replace) : replace());
  emit({ type: "written", node: node.id, path: file.file });
  if (reloadId !== undefined) await followReload(desk, reloadId, file.file);
  if (reload || reloadId !== undefined) emit({ type: "reloaded", node: node.id, certificate: file.file });
}

/**
 * Makes a new file, known to HAProxy with `announce`. Where HAProxy does not take it at once, the API reloads by itself;
 * that is waited for.
 *
 * @throws HaproxyError as `wanted`, `followReload`
 */
export async function upload(
  desk: Desk,
  storageName: string,
  pem: string,
  announce: boolean,
): Promise<{ readonly file: StoredFile; readonly reloaded: boolean }> {
  const { api, node, emit } = desk;
  const question = { what: "the new file", certificate: storageName };
  const { stored, reloadId }: Taken = await turns.hold([node.url], () =>
    wanted(desk, question, () => postStored(api, storageName, pem, announce)),
  );
  const { file } = stored;
  emit({ type: "written", node: node.id, path: file });
  if (reloadId !== undefined) {
    await followReload(desk, reloadId, file);
    emit({ type: "reloaded", node: node.id, certificate: file });
  }
  return { file: { file, storageName: stored.storageName }, reloaded: reloadId !== undefined };
}

/** Removes a file that nothing refers to, so that it can be uploaded anew. @throws HaproxyError as `wanted` */
export async function removeStored(desk: Desk, file: StoredFile): Promise<void> {
  const question = { what: "a left-over file", certificate: file.file };
  await wanted(desk, question, () => deleteStored(desk.api, file.storageName));
}

/** Attaches a certificate to a list of the running HAProxy; false where it was there. @throws HaproxyError as `wanted` */
export async function attachTo(desk: Desk, list: string, line: ListLine): Promise<boolean> {
  formatListLine(line);
  const question = { what: `its line in ${list}`, certificate: line.certificate };
  const answer = await answered(desk, question, () => postEntry(desk.api, list, line));
  if ("failure" in answer && answer.failure.kind === "listed") return false;
  if ("failure" in answer) throw refusedByApi(desk.api, question.what, answer.failure, line.certificate);
  desk.emit({ type: "attached", node: desk.node.id, certificate: line.certificate, list });
  return true;
}

/** The text of the file behind a crt-list; undefined where the API has no such file, or cannot name it. */
export async function listTextOf(desk: Desk, reach: Reach, list: string): Promise<string | undefined> {
  const files = await reach.listFiles();
  if (!files.some(({ file }) => file === list) || !canBeNamed(basename(list))) return undefined;
  return wanted(desk, { what: "a stored crt-list" }, () => getListText(desk.api, basename(list)));
}

/**
 * Adds a line to the file of a crt-list; false where the API does not keep that file. Files have no versions there, so
 * it is looked whether somebody else's change came in between.
 *
 * @throws HaproxyError as `wanted`
 */
export async function keepInStep(desk: Desk, reach: Reach, list: string, line: ListLine): Promise<boolean> {
  for (let tries = 0; tries < 5; tries++) {
    const text = await listTextOf(desk, reach, list);
    if (text === undefined) return false;
    const changed = addListLine(text, line);
    if (changed === text) return true;
    await wanted(desk, { what: "a stored crt-list" }, () => putList(desk.api, basename(list), changed));
    desk.emit({ type: "written", node: desk.node.id, path: list });
  }
  return true;
}

/** The same for a certificate that is in the list: any line of its own is enough. @throws HaproxyError as `wanted` */
export async function keepListed(desk: Desk, reach: Reach, list: string, line: ListLine): Promise<boolean> {
  const lines = (await listTextOf(desk, reach, list))?.split("\n") ?? [];
  if (lines.some((each) => each.trim().split(/\s+/)[0] === line.certificate)) return true;
  return keepInStep(desk, reach, list, line);
}

/** Takes back an upload that could not be attached; what cannot be taken back stays, unused. */
export async function takeBack(desk: Desk, file: StoredFile): Promise<void> {
  // The push may have been stopped; its left-overs are cleared away all the same.
  const clearing = {
    ...desk.api,
    send: (request: Parameters<typeof desk.api.send>[0]) =>
      desk.api.send(request, AbortSignal.timeout(desk.limits.settleTimeout)),
  };
  // What HAProxy uses after all keeps its file.
  await deleteCertificate(clearing, file.file)
    .then((answer) => {
      const isUsed = "failure" in answer && answer.failure.kind !== "unknown";
      return isUsed ? undefined : deleteStored(clearing, file.storageName);
    })
    .catch(() => {});
}
