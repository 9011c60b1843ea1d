import { stat } from "node:fs/promises";
import { dirname, join } from "node:path/posix";
import { type Lists, type PathKind, type WayToAdd, wayToAdd } from "../certificate/references.ts";
import { mapPath, type PathMapping } from "../disk/files.ts";
import { HaproxyError, hasCode } from "../errors.ts";
import type { CertificateDetails, CrtListEntry } from "../runtime/listings.ts";
import { whileLocked } from "../runtime/locked.ts";
import { isLocal } from "../runtime/node.ts";
import { refused } from "../runtime/refused.ts";
import { listCertificates, listCrtLists, showCertificate, showCrtList, showLevel } from "../runtime/runtime.ts";
import type { Session } from "../runtime/session.ts";
import { isLockName } from "../runtime/writer-lock.ts";
import { chooseByNames, type Replacement } from "./choose.ts";
import type { Settings } from "./settings.ts";

/** Where in HAProxy a new certificate shall be attached. */
export interface AddRequest {
  /** A directory or crt-list as HAProxy names it, or `@frontend` for `ssl-f-use`. */
  readonly list: string;
  /** Options of the line, for example `alpn h2 ssl-min-ver TLSv1.2`. */
  readonly options?: string;
  /** Names to serve it for instead of those inside the certificate. */
  readonly filters?: readonly string[];
  /** File name for a new certificate nobody named; default: its first name, `_` for `*`, and `.pem`. */
  readonly as?: string;
}

/** Where a certificate shall go. */
export interface Destination {
  /** Name in HAProxy. Default: the certificate that has these names. */
  readonly certificate?: string;
  /**
   * Where to attach it: a certificate named by `certificate`, when it is not attached there yet; without a name, a
   * new one when HAProxy has none for these names.
   */
  readonly add?: AddRequest;
  /** Our view of the node's paths. */
  readonly map?: readonly PathMapping[];
}

/** What a push is up against. */
export interface Found {
  readonly name: string;
  /** Absent when HAProxy does not have it yet. */
  readonly present?: CertificateDetails;
  /** Absent when there is nothing to attach. */
  readonly way?: Exclude<WayToAdd, { kind: "wrong" | "unknown" }>;
  /** A certificate already in the list, whose file shows what owner a new file there should have. */
  readonly neighbour?: string;
}

/**
 * Finds the certificate to replace, or the list to add one to.
 *
 * @throws HaproxyError HAPROXY_LEVEL, HAPROXY_CERTIFICATE_UNKNOWN, HAPROXY_CERTIFICATE_AMBIGUOUS, HAPROXY_LIST_UNKNOWN,
 *   HAPROXY_ADD_REFUSED, HAPROXY_BUSY
 */
export async function discover(
  session: Session,
  bundle: Replacement,
  destination: Destination,
  settings: Settings,
): Promise<Found> {
  if ((await showLevel(session)) !== "admin") throw refused(session, destination.certificate ?? "", { kind: "denied" });
  const ask = asker(session, settings);
  const { certificate, add } = destination;
  if (certificate !== undefined) {
    const known = await pairMember(certificate, bundle, ask);
    if (add) return findPlace(session, known, add, destination.map, ask);
    if (known.present) return known;
    throw unknownCertificate(session, known.name, await ask.names());
  }
  try {
    const name = chooseByNames(bundle, await ask.everything(), session.node.id);
    return await pairMember(name, bundle, ask);
  } catch (error) {
    if (!add || !hasCode(error, "HAPROXY_CERTIFICATE_UNKNOWN")) throw error;
    const name = await nameFor(bundle, add, session, destination.map);
    return findPlace(session, await pairMember(name, bundle, ask), add, destination.map, ask);
  }
}

async function findPlace(
  session: Session,
  known: Found,
  add: AddRequest,
  map: Destination["map"],
  ask: Asker,
): Promise<Found> {
  const list = withoutSlash(add.list);
  const lists = await ask.lists();
  const entries = lists.get(list) ?? [];
  if (known.present && entries.some((entry) => entry.certificate === known.name)) return known;
  const kinds = new Map<string, PathKind>();
  for (const path of lists.keys()) kinds.set(path, await pathKind(session, path, map));
  const way = wayToAdd({
    list,
    name: known.name,
    lists,
    hasOptions: Boolean(add.options?.trim()) || (add.filters ?? []).length > 0,
    certificates: await ask.names(),
    pathKind: (path) => kinds.get(path) ?? "unknown",
  });
  if (way.kind === "unknown") throw unknownList(session, list, [...lists.keys()]);
  if (way.kind === "wrong") {
    throw wrong(session, `${known.name} cannot be added: ${way.reason}.`, "Give a fitting name or list.");
  }
  const neighbour = entries[0]?.certificate;
  return { ...known, way, ...(neighbour === undefined ? {} : { neighbour }) };
}

// Beside the other files of the list: in the directory itself, or in the folder of the crt-list.
async function nameFor(
  bundle: Replacement,
  add: AddRequest,
  session: Session,
  map: Destination["map"],
): Promise<string> {
  const list = withoutSlash(add.list);
  if (!list.startsWith("/")) {
    throw wrong(
      session,
      `A certificate to add to ${list} needs a name.`,
      'Give the path of its file as "certificate".',
    );
  }
  const file = add.as ?? `${(bundle.names[0] ?? "certificate").replaceAll("*", "_").replace(/[^\w.:-]/g, "_")}.pem`;
  if (!/^[^./][^/]*$/.test(file))
    throw wrong(session, `${file} is not a file name.`, "Give a name without a slash or leading dot.");
  return join((await pathKind(session, list, map)) === "file" ? dirname(list) : list, file);
}

function withoutSlash(list: string): string {
  return list.replace(/(.)\/+$/, "$1");
}

type Asker = ReturnType<typeof asker>;

// The questions of this room, each with patience for the lock and with every refusal turned into an error.
function asker(session: Session, settings: Settings) {
  const context = { patience: settings.limits, signal: settings.signal };
  const details = async (name: string): Promise<CertificateDetails | undefined> => {
    const answer = await whileLocked(session, context, () => showCertificate(session, name));
    if (!("kind" in answer)) return answer;
    if (answer.kind === "unknown") return undefined;
    throw refused(session, name, answer);
  };
  const names = async (): Promise<readonly string[]> => {
    const answer = await whileLocked(session, context, () => listCertificates(session));
    if ("kind" in answer) throw refused(session, "", answer);
    return answer.names.filter((name) => !isLockName(name));
  };
  return {
    details,
    names,
    async everything(): Promise<readonly CertificateDetails[]> {
      const all: CertificateDetails[] = [];
      const rest = [...(await names())];
      // Sent ahead a hundred at a time: fast, and bounded.
      while (rest.length > 0) {
        const some = await Promise.all(rest.splice(0, 100).map(details));
        all.push(...some.filter((each) => each !== undefined));
      }
      return all;
    },
    async lists(): Promise<Lists> {
      const listed = await listCrtLists(session);
      if ("kind" in listed) throw refused(session, "", listed);
      const lists = new Map<string, readonly CrtListEntry[]>();
      for (const list of listed) {
        const entries = await showCrtList(session, list);
        if (!("kind" in entries)) lists.set(list, entries);
      }
      return lists;
    },
  };
}

// "crt multi.pem" loads multi.pem.rsa and multi.pem.ecdsa; HAProxy then knows those, and no multi.pem.
async function pairMember(certificate: string, bundle: Replacement, ask: Asker): Promise<Found> {
  const present = await ask.details(certificate);
  if (present) return { name: certificate, present };
  const member = `${certificate}.${bundle.keyType}`;
  const details = await ask.details(member);
  return details ? { name: member, present: details } : { name: certificate };
}

async function pathKind(session: Session, list: string, map: Destination["map"]): Promise<PathKind> {
  if (!list.startsWith("/") || (!isLocal(session.node) && map === undefined)) return "unknown";
  const stats = await stat(mapPath(list, map)).catch(() => undefined);
  if (!stats) return "unknown";
  return stats.isDirectory() ? "directory" : "file";
}

function wrong(session: Session, message: string, hint: string): HaproxyError {
  return new HaproxyError("HAPROXY_ADD_REFUSED", message, { node: session.node.id, hint });
}

function unknownCertificate(session: Session, name: string, names: readonly string[]): HaproxyError {
  const base = name.slice(name.lastIndexOf("/") + 1);
  const near = names.filter((each) => each.slice(each.lastIndexOf("/") + 1).startsWith(base)).slice(0, 3);
  const node = session.node.id;
  return new HaproxyError("HAPROXY_CERTIFICATE_UNKNOWN", `${node} has no certificate named ${name}.`, {
    node,
    certificate: name,
    hint:
      near.length > 0
        ? `Did you mean ${near.join(" or ")}?`
        : "Names are compared letter by letter with HAProxy's configuration. To add a new certificate, name a list.",
  });
}

function unknownList(session: Session, list: string, lists: readonly string[]): HaproxyError {
  const node = session.node.id;
  return new HaproxyError("HAPROXY_LIST_UNKNOWN", `${node} has no certificate list named ${list}.`, {
    node,
    hint:
      lists.length > 0
        ? `It has ${lists.slice(0, 5).join(", ")}${lists.length > 5 ? ` and ${lists.length - 5} more` : ""}.`
        : 'Configure a directory or crt-list on the bind line, or "ssl-f-use" in the frontend, and reload once.',
  });
}
