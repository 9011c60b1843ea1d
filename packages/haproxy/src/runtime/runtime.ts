import {
  type AbortAnswer,
  type AddAnswer,
  type CommitAnswer,
  type DeleteAnswer,
  type DeleteEntryAnswer,
  type NewAnswer,
  parseAbort,
  parseAdd,
  parseCommit,
  parseDelete,
  parseDeleteEntry,
  parseNew,
  parseRefusal,
  parseSet,
  type Refusal,
  type SetAnswer,
  unexpected,
} from "./answers.ts";
import {
  type CertificateDetails,
  type CertificateNames,
  type CrtListEntry,
  type Level,
  parseCertificate,
  parseCertificateNames,
  parseCrtList,
  parseCrtLists,
  parseInfo,
  parseLevel,
  parseSni,
  type SniRow,
  type WorkerInfo,
} from "./listings.ts";
import type { Session } from "./session.ts";
import { canBeSent, escapeShownName, escapeWord } from "./wire.ts";

/* The commands of the Runtime API that concern certificates, one function each. None of them decides anything. */

// 100 000 certificates: `show ssl sni` writes about 250 bytes for each name.
const longAnswer = 64 * 1024 * 1024;

export async function showInfo(session: Session): Promise<WorkerInfo> {
  return parseInfo(await session.send("show info"));
}

export async function showLevel(session: Session): Promise<Level> {
  return parseLevel(await session.send("show cli level"));
}

/** Every certificate a command can name: HAProxy also loads files whose names have tabs, and none of them can be asked for. */
export async function listCertificates(session: Session): Promise<CertificateNames | Refusal> {
  // A process without any certificate answers with an empty line, and so does the end of some answers of 2.6 look.
  // Hence a question before, whose answer ends as it should.
  const [, text] = await session.together(() =>
    Promise.all([
      session.send("show cli level"),
      session.send("show ssl cert", { maxBytes: longAnswer, emptyAllowed: true }),
    ]),
  );
  const listed = parseCertificateNames(text);
  return "kind" in listed ? listed : { ...listed, names: listed.names.filter(canBeSent) };
}

export async function showCertificate(session: Session, name: string): Promise<CertificateDetails | Refusal> {
  return parseCertificate(await session.send(`show ssl cert ${escapeShownName(name)}`, cutShort(session)), name);
}

// One with very many names does not fit into HAProxy's buffer.
function cutShort({ bufferSize }: Session) {
  return { maxBytes: longAnswer, cutAt: bufferSize };
}

/** The content of the open transaction for `name`; `unknown` when there is none. */
export async function showTransaction(session: Session, name: string): Promise<CertificateDetails | Refusal> {
  return parseCertificate(await session.send(`show ssl cert *${escapeWord(name)}`, cutShort(session)), name);
}

/** One `set ssl cert` of a transaction. Holds a private key. */
export interface SetRequest {
  /** The certificate's name, or that with `.key`. */
  readonly name: string;
  readonly pem: string;
}

/** @param certificate the name the transaction is for, which HAProxy answers with */
export async function setCertificate(session: Session, certificate: string, request: SetRequest): Promise<SetAnswer> {
  return parseSet(await session.send(setCommand(request.name), { payload: request.pem }), certificate);
}

/** The command line {@link setCertificate} sends, for reckoning the size of a request. */
export function setCommand(name: string): string {
  return `set ssl cert ${escapeWord(name)}`;
}

export async function commitCertificate(session: Session, name: string): Promise<CommitAnswer> {
  return parseCommit(await session.send(`commit ssl cert ${escapeWord(name)}`), name);
}

export async function abortCertificate(session: Session, name: string): Promise<AbortAnswer> {
  return parseAbort(await session.send(`abort ssl cert ${escapeWord(name)}`), name);
}

export async function newCertificate(session: Session, name: string): Promise<NewAnswer> {
  return parseNew(await session.send(`new ssl cert ${escapeWord(name)}`), name);
}

export async function deleteCertificate(session: Session, name: string): Promise<DeleteAnswer> {
  return parseDelete(await session.send(`del ssl cert ${escapeWord(name)}`), name);
}

export async function listCrtLists(session: Session): Promise<readonly string[] | Refusal> {
  return parseCrtLists(await session.send("show ssl crt-list", { maxBytes: longAnswer, emptyAllowed: true }));
}

export async function showCrtList(session: Session, list: string): Promise<readonly CrtListEntry[] | Refusal> {
  return parseCrtList(await session.send(`show ssl crt-list -n ${escapeWord(list)}`, { maxBytes: longAnswer }));
}

/** @param line options and filters as in a crt-list file; default: the bare certificate. */
export async function addToCrtList(session: Session, list: string, name: string, line?: string): Promise<AddAnswer> {
  const command = addCommand(list);
  const text =
    line === undefined
      ? await session.send(`${command} ${escapeWord(name)}`)
      : await session.send(command, { payload: line });
  return parseAdd(text, list, name);
}

/** The command line {@link addToCrtList} sends, for reckoning the size of a request. */
export function addCommand(list: string): string {
  return `add ssl crt-list ${escapeWord(list)}`;
}

export async function deleteFromCrtList(session: Session, list: string, entry: string): Promise<DeleteEntryAnswer> {
  const text = await session.send(`del ssl crt-list ${escapeWord(list)} ${escapeWord(entry)}`);
  return parseDeleteEntry(text, list, entry);
}

/** Which certificate answers which name on which bind line (3.2 and later; `unsupported` before). */
export async function showSni(session: Session): Promise<readonly SniRow[] | Refusal> {
  return parseSni(await session.send("show ssl sni", { maxBytes: longAnswer }));
}

/**
 * Key and certificates as HAProxy holds them, in PEM (3.1 and later). The result is a secret; HAProxy cuts each
 * object at 16 KiB without saying so, so the caller must check it against {@link showCertificate}.
 */
export async function dumpCertificate(session: Session, name: string): Promise<string | Refusal> {
  const text = await session.send(`dump ssl cert ${escapeShownName(name)}`, { maxBytes: 1024 * 1024 });
  if (text.startsWith("-----BEGIN ")) return `${text}\n`;
  const refused = parseRefusal(text);
  if (refused) return refused;
  if (text === "Can't display the certificate: Not found or the certificate is a bundle!") return { kind: "unknown" };
  throw unexpected("dump ssl cert", text);
}
