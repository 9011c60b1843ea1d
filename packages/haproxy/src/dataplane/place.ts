import { basename, dirname, join } from "node:path/posix";
import { type WayToAdd, wayToAdd } from "../certificate/references.ts";
import { HaproxyError, hasCode } from "../errors.ts";
import { chooseByNames, type Replacement } from "../push/choose.ts";
import type { AddRequest } from "../push/discover.ts";
import type { PushRequest } from "../push/push-request.ts";
import type { CertificateDetails } from "../runtime/listings.ts";
import type { StoredFile } from "./answers.ts";
import { getEntries } from "./api.ts";
import { canBeAsked, canBeNamed, folderOf, lookAtFile, lookOnce, type Reach, toStorageName } from "./look.ts";
import type { Desk } from "./open-api.ts";
import { wanted } from "./patience.ts";

/** Where a certificate is to go at a node that is reached through its API. */
export interface Place {
  /** Name in HAProxy; of an upload, as far as can be told before. */
  readonly name: string;
  /** What HAProxy has there now; what the file has where HAProxy cannot be asked. */
  readonly present?: CertificateDetails;
  /** Its file, where the API keeps one and can name it. */
  readonly file?: StoredFile;
  /** Why no file is written; absent where one is. */
  readonly withoutFile?: string;
  /** The name of the file to make, where there is none. */
  readonly upload?: string;
  /** The crt-list it is in already; a reload must find it there, too. */
  readonly listedIn?: string;
  /** How it becomes part of a list; absent where it need not. */
  readonly way?: Exclude<WayToAdd, { kind: "wrong" | "unknown" }>;
}

/**
 * Finds the certificate to replace, or how to add one.
 *
 * @throws HaproxyError HAPROXY_CERTIFICATE_UNKNOWN, HAPROXY_CERTIFICATE_AMBIGUOUS, HAPROXY_LIST_UNKNOWN,
 *   HAPROXY_ADD_REFUSED, HAPROXY_API_NAME, HAPROXY_UNSAFE_NAME, and those of the API
 */
export async function findPlace(
  desk: Desk,
  reach: Reach,
  bundle: Replacement,
  request: Pick<PushRequest, "certificate" | "add">,
): Promise<Place> {
  const { certificate, add } = request;
  const known =
    certificate === undefined
      ? await byNames(desk, reach, bundle, add)
      : await byName(desk, reach, bundle, certificate);
  if (known === undefined) {
    if (add) return placeToAdd(desk, reach, bundle, add, certificate);
    throw unknown(desk, certificate ?? "");
  }
  return add && reach.process ? withList(desk, reach, known, add, certificate !== undefined) : known;
}

/** Whether what is there belongs into the list for new ones, too, and whether it is in it already. */
async function withList(desk: Desk, reach: Reach, known: Place, add: AddRequest, isNamed: boolean): Promise<Place> {
  // In memory and unused: what an attempt that was broken off left, or nobody's.
  const isWanted = isNamed || known.present?.status === "Unused";
  try {
    const way = await wayOf(desk, known.name, add, reach);
    if (await isAttached(desk, known, way)) return way.kind === "crt-list" ? { ...known, listedIn: way.list } : known;
    return isWanted ? { ...known, way } : known;
  } catch (error) {
    // The list is for certificates that are new; this one is in use elsewhere.
    if (!isWanted && hasCode(error, "HAPROXY_LIST_UNKNOWN", "HAPROXY_ADD_REFUSED")) return known;
    throw error;
  }
}

/** A line that is there already must not be added again. */
async function isAttached(desk: Desk, { name, present }: Place, way: NonNullable<Place["way"]>): Promise<boolean> {
  if (way.kind === "reload") return false;
  const entries = await wanted(desk, { what: "the entries of a list" }, () => getEntries(desk.api, way.list));
  if (entries.includes(name)) return true;
  // The API leaves out what a directory or ssl-f-use had from the start. A directory takes nothing twice; a frontend does.
  return way.kind === "frontend" && present?.status === "Used";
}

async function byName(desk: Desk, reach: Reach, bundle: Replacement, certificate: string): Promise<Place | undefined> {
  if (!canBeAsked(certificate)) {
    throw new HaproxyError(
      "HAPROXY_UNSAFE_NAME",
      `${JSON.stringify(certificate)} cannot be asked for through the API.`,
      {
        node: desk.node.id,
        hint: "Its grammar has no * and none of <>;$#&{} in names. Rename the file, or use HAProxy's own socket.",
      },
    );
  }
  if (!reach.process) {
    const file = reach.stored.find(({ file, storageName }) => [file, storageName].includes(certificate));
    return file && fromFile(desk, file);
  }
  // "crt multi.pem" loads multi.pem.rsa and multi.pem.ecdsa; HAProxy then knows those, and no multi.pem.
  for (const name of [certificate, `${certificate}.${bundle.keyType}`]) {
    const present = await lookOnce(desk, reach, name);
    if (present) return inMemory(reach, present);
  }
  return undefined;
}

async function byNames(
  desk: Desk,
  reach: Reach,
  bundle: Replacement,
  add: AddRequest | undefined,
): Promise<Place | undefined> {
  try {
    return await byName(desk, reach, bundle, chooseByNames(bundle, await reach.candidates(), desk.node.id));
  } catch (error) {
    if (add && hasCode(error, "HAPROXY_CERTIFICATE_UNKNOWN")) return undefined;
    throw error;
  }
}

function inMemory({ stored }: Reach, present: CertificateDetails): Place {
  const paths = [present.name, present.certificateFile];
  const file = stored.find((each) => paths.includes(each.file));
  const { name } = present;
  if (file === undefined) return { name, present, withoutFile: "its file is not one of those the API keeps" };
  if (!canBeNamed(file.storageName)) {
    const reason = `the API cannot name ${file.storageName}, which has other characters than letters, digits, - and _`;
    return { name, present, withoutFile: reason };
  }
  return { name, present, file };
}

async function fromFile(desk: Desk, file: StoredFile): Promise<Place> {
  const details = canBeNamed(file.storageName) ? await lookAtFile(desk, file) : undefined;
  if (!details) throw cannotBeNamed(desk, file.storageName);
  const present: CertificateDetails = {
    name: file.file,
    status: "Used",
    ...(details.serial === undefined ? {} : { serial: details.serial }),
    names: details.names,
    chainSubjects: [],
  };
  return { name: file.file, present, file };
}

async function placeToAdd(
  desk: Desk,
  reach: Reach,
  bundle: Replacement,
  add: AddRequest,
  certificate?: string,
): Promise<Place> {
  const wish = certificate === undefined ? add.as : basename(certificate);
  const upload = wish ?? toStorageName(`${(bundle.names[0] ?? "certificate").replaceAll("*", "_")}.pem`);
  if (upload.includes("/") || upload.startsWith(".")) throw cannotBeNamed(desk, upload);
  const storageName = certificate === undefined ? toStorageName(upload) : upload;
  if (!canBeNamed(storageName)) throw cannotBeNamed(desk, storageName);
  const list = add.list.replace(/(.)\/+$/, "$1");
  const folder = folderOf(reach) ?? (certificate === undefined ? list : dirname(certificate));
  const name = join(folder, storageName);
  if (certificate !== undefined && certificate !== name) {
    throw new HaproxyError("HAPROXY_API_NAME", `${desk.node.id} would keep it as ${name}, not as ${certificate}.`, {
      node: desk.node.id,
      hint: "Leave the name of the new certificate out, or give that one.",
    });
  }
  const file = reach.stored.find((each) => each.file === name);
  const way = reach.process ? { way: await wayOf(desk, name, add, reach) } : {};
  return { name, ...(file ? { file } : { upload: storageName }), ...way };
}

async function wayOf(desk: Desk, name: string, add: AddRequest, reach: Reach): Promise<NonNullable<Place["way"]>> {
  const { node } = desk;
  const list = add.list.replace(/(.)\/+$/, "$1");
  const [lists, files] = await Promise.all([reach.lists(), reach.listFiles()]);
  // The API shows no files that are not its own, but what lies in a directory has its path.
  const inside = [folderOf(reach), ...reach.names.map((each) => dirname(each))];
  const way = wayToAdd({
    list,
    name,
    lists: new Map(lists.map((each) => [each, []])),
    hasOptions: Boolean(add.options?.trim()) || (add.filters ?? []).length > 0,
    certificates: reach.names,
    pathKind: (path) =>
      files.some(({ file }) => file === path) ? "file" : inside.includes(path) ? "directory" : "unknown",
  });
  if (way.kind === "unknown") {
    throw new HaproxyError("HAPROXY_LIST_UNKNOWN", `${node.id} has no certificate list named ${list}.`, {
      node: node.id,
      hint:
        lists.length > 0
          ? `It has ${lists.slice(0, 5).join(", ")}.`
          : "Configure one on the bind line and reload once.",
    });
  }
  if (way.kind === "wrong") {
    throw new HaproxyError("HAPROXY_ADD_REFUSED", `${name} cannot be added: ${way.reason}.`, {
      node: node.id,
      hint: "Give a fitting name or list; the API keeps every file in its own folder.",
    });
  }
  return way;
}

function cannotBeNamed(desk: Desk, storageName: string): HaproxyError {
  return new HaproxyError("HAPROXY_API_NAME", `${desk.node.id} cannot keep or find a file named ${storageName}.`, {
    node: desk.node.id,
    hint: "Data Plane API makes underscores of dots and other characters before the ending: use letters, digits, - and _.",
  });
}

function unknown(desk: Desk, certificate: string): HaproxyError {
  return new HaproxyError("HAPROXY_CERTIFICATE_UNKNOWN", `${desk.node.id} has no certificate named ${certificate}.`, {
    node: desk.node.id,
    certificate,
    hint: "Names are compared letter by letter with HAProxy's configuration. To add a new certificate, name a list.",
  });
}
