import type { Lists } from "../certificate/references.ts";
import type { Settings } from "../push/settings.ts";
import type { CertificateDetails, Level, SniRow, WorkerInfo } from "../runtime/listings.ts";
import { whileLocked } from "../runtime/locked.ts";
import { refused } from "../runtime/refused.ts";
import {
  listCertificates,
  listCrtLists,
  showCertificate,
  showCrtList,
  showLevel,
  showSni,
} from "../runtime/runtime.ts";
import type { Session } from "../runtime/session.ts";
import { isLockName } from "../runtime/writer-lock.ts";

/** One line of `show cli sockets`. */
export interface RunningSocket {
  readonly address: string;
  readonly level: string;
}

/** What a running HAProxy says of itself. */
export interface Running {
  readonly node: string;
  readonly worker: WorkerInfo;
  readonly prefix: string;
  readonly level: Level;
  readonly sockets: readonly RunningSocket[];
  readonly bufferSize: number;
  /** Empty below level operator, which may not ask. */
  readonly certificates: readonly CertificateDetails[];
  /** The certificate a transaction is open for. */
  readonly transaction?: string;
  readonly lists: Lists;
  /** Undefined where this version does not tell. */
  readonly sni?: readonly SniRow[];
}

/** Asks for all of it; nothing is changed. @throws HaproxyError of the session, HAPROXY_BUSY */
export async function lookAtRunning(session: Session, settings: Settings): Promise<Running> {
  const context = { patience: settings.limits, signal: settings.signal };
  const level = await showLevel(session);
  const facts = {
    node: session.node.id,
    worker: session.worker,
    prefix: session.prefix,
    level,
    sockets: parseSockets(await session.send("show cli sockets")),
    bufferSize: session.bufferSize,
  };
  if (level === "user") return { ...facts, certificates: [], lists: new Map() };
  const listed = await whileLocked(session, context, () => listCertificates(session));
  if ("kind" in listed) throw refused(session, "", listed);
  const names = listed.names.filter((name) => !isLockName(name));
  const certificates: CertificateDetails[] = [];
  for (let start = 0; start < names.length; start += 100) {
    const some = names.slice(start, start + 100);
    const shown = await Promise.all(
      some.map((name) => whileLocked(session, context, () => showCertificate(session, name))),
    );
    certificates.push(...shown.flatMap((each) => ("kind" in each ? [] : each)));
  }
  const sni = await whileLocked(session, context, () => showSni(session));
  return {
    ...facts,
    certificates,
    lists: level === "admin" ? await readLists(session) : new Map(),
    ...(listed.transaction === undefined ? {} : { transaction: listed.transaction }),
    ...("kind" in sni ? {} : { sni }),
  };
}

async function readLists(session: Session): Promise<Lists> {
  const listed = await listCrtLists(session);
  const lists = new Map();
  if ("kind" in listed) return lists;
  for (const list of listed) {
    const entries = await showCrtList(session, list);
    if (!("kind" in entries)) lists.set(list, entries);
  }
  return lists;
}

/** `show cli sockets`: address, level, processes. What is not of that form is left out. */
export function parseSockets(text: string): readonly RunningSocket[] {
  return text.split("\n").flatMap((line) => {
    const [, address, level] = /^([^#\s]\S*) (user|operator|admin)(?: |$)/.exec(line) ?? [];
    return address === undefined || level === undefined ? [] : [{ address, level }];
  });
}
