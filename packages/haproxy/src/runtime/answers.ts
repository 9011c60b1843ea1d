import { excerpt, HaproxyError } from "../errors.ts";

/*
 * The grammar of what HAProxy answers to commands that change certificates. Texts are those of HAProxy 2.6 to 3.5.
 * A text outside the grammar is an error: guessing what an unknown sentence means could report a success that is none.
 */

/** Why HAProxy did not do what was asked. */
export type Refusal =
  /** Another command holds HAProxy's certificate lock. Trying again soon helps. */
  | { readonly kind: "locked" }
  /** The one transaction slot of the process is taken by another certificate. */
  | { readonly kind: "occupied"; readonly by: string }
  /** The socket's level does not allow it. */
  | { readonly kind: "denied" }
  /** HAProxy knows nothing under the name. */
  | { readonly kind: "unknown" }
  /** The request did not fit HAProxy's buffer. */
  | { readonly kind: "too-big" }
  /** This HAProxy does not have the command. */
  | { readonly kind: "unsupported" }
  /** HAProxy looked at the request and says no. */
  | { readonly kind: "rejected"; readonly reason: string };

export type SetAnswer =
  | { readonly kind: "created" }
  | { readonly kind: "updated" }
  /** In 2.6: the content went into the open transaction of another certificate. */
  | { readonly kind: "misdirected"; readonly into: string }
  | Refusal;
/** `instances` counts the SSL contexts HAProxy rebuilt: one per use of the certificate on a bind or server line. */
export type CommitAnswer =
  | { readonly kind: "committed"; readonly instances: number; readonly notes: string }
  | { readonly kind: "none" }
  | Refusal;
export type AbortAnswer = { readonly kind: "aborted" } | { readonly kind: "none" } | Refusal;
export type NewAnswer = { readonly kind: "created" } | { readonly kind: "exists" } | Refusal;
export type DeleteAnswer = { readonly kind: "deleted" } | { readonly kind: "in-use" } | Refusal;
export type AddAnswer =
  | { readonly kind: "added"; readonly instances: number; readonly notes: string }
  | { readonly kind: "no-list" }
  | { readonly kind: "exists" }
  | Refusal;
export type DeleteEntryAnswer =
  | { readonly kind: "deleted" }
  /** The certificate is in the list more than once; delete one of these lines. */
  | { readonly kind: "several"; readonly lines: readonly number[] }
  | Refusal;

/** `set ssl cert NAME <<` */
export function parseSet(text: string, name: string): SetAnswer {
  if (text === `Transaction created for certificate ${name}!`) return { kind: "created" };
  if (text === `Transaction updated for certificate ${name}!`) return { kind: "updated" };
  const misdirected = /^Transaction updated for certificate ([^\n]+)!$/.exec(text);
  if (misdirected) return { kind: "misdirected", into: misdirected[1] ?? "" };
  if (text.startsWith("Can't replace a certificate which is not referenced by the configuration!"))
    return { kind: "unknown" };
  return refusal(text, "set ssl cert", [`Can't update ${name}!`, "Can't update the certificate!"]);
}

/** `commit ssl cert NAME` */
export function parseCommit(text: string, name: string): CommitAnswer {
  const done = dotted(text, `Committing ${name}`);
  if (done) return { kind: "committed", ...done };
  if (text.startsWith("No ongoing transaction! !")) return { kind: "none" };
  return refusal(text, "commit ssl cert", [`Can't commit ${name}!`, "Can't commit the certificate!", "Failed!"]);
}

/** `abort ssl cert NAME` */
export function parseAbort(text: string, name: string): AbortAnswer {
  if (text === `Transaction aborted for certificate '${name}'!`) return { kind: "aborted" };
  if (text === "No ongoing transaction!") return { kind: "none" };
  return refusal(text, "abort ssl cert", ["Can't abort!"]);
}

/** `new ssl cert NAME` */
export function parseNew(text: string, name: string): NewAnswer {
  if (text === `New empty certificate store '${name}'!`) return { kind: "created" };
  if (text.startsWith(`Certificate '${name}' already exists!`)) return { kind: "exists" };
  return refusal(text, "new ssl cert", ["Can't create a certificate!", "Unable to create"]);
}

/** `del ssl cert NAME` */
export function parseDelete(text: string, name: string): DeleteAnswer {
  if (text === `Certificate '${name}' deleted!`) return { kind: "deleted" };
  const start = "Can't remove the certificate: ";
  if (text === `${start}certificate '${name}' in use, can't be deleted!`) return { kind: "in-use" };
  if (text === `${start}certificate '${name}' doesn't exist!`) return { kind: "unknown" };
  return refusal(text, "del ssl cert", [start, "Can't delete the certificate!"]);
}

/** `add ssl crt-list LIST NAME`, or with one line of payload */
export function parseAdd(text: string, list: string, name: string): AddAnswer {
  const done = dotted(text, `Inserting certificate '${name}' in crt-list '${list}'`);
  if (done) return { kind: "added", ...done };
  const start = "Can't edit the crt-list: ";
  if (text.includes(`crt-list '${list}' does not exist!`)) return { kind: "no-list" };
  if (text.includes(`certificate '${name}' does not exist!`)) return { kind: "unknown" };
  if (text.includes("file already exists in this directory!")) return { kind: "exists" };
  return refusal(text, "add ssl crt-list", [start, "Failed!", "Can't edit the crt-list"]);
}

/** `del ssl crt-list LIST NAME[:LINE]` */
export function parseDeleteEntry(text: string, list: string, name: string): DeleteEntryAnswer {
  const [file] = name.split(/:\d+$/);
  if (text === `Entry '${file}' deleted in crtlist '${list}'!`) return { kind: "deleted" };
  const several = /in several entries, please specify a line number preceded by colons \(([\d, ]+)\)!/.exec(text);
  if (several) return { kind: "several", lines: (several[1] ?? "").split(/, */).map(Number) };
  if (/(?:certificate|crt-list) '[^\n]*' does not exist!/.test(text)) return { kind: "unknown" };
  return refusal(text, "del ssl crt-list", ["Can't delete the entry: ", "Can't delete"]);
}

/** The refusals every command shares. */
export function parseRefusal(text: string): Refusal | undefined {
  if (/\b[Oo]perations on certificates are currently locked!/.test(text)) return { kind: "locked" };
  const occupied = /The ongoing transaction is about '([^\n]*)' but you are trying to /.exec(text);
  if (occupied) return { kind: "occupied", by: occupied[1] ?? "" };
  // At level user, "show ssl cert" and "dump ssl cert" answer as if memory had run out.
  if (text === "Permission denied" || text === "Can't allocate memory!") return { kind: "denied" };
  if (text.startsWith("The command line is too big for the buffer size.")) return { kind: "too-big" };
  if (text.startsWith("The payload is too big")) return { kind: "too-big" };
  if (/^Unknown command[:,. ]/.test(text)) return { kind: "unsupported" };
  return undefined;
}

/** A text HAProxy has never been seen to say: the error every parser ends in. */
export function unexpected(command: string, text: string): HaproxyError {
  const said = text === "" ? "nothing" : `"${excerpt(text)}"`;
  return new HaproxyError("HAPROXY_UNEXPECTED_ANSWER", `HAProxy answered "${command}" with ${said}.`, {
    hint: "Check that the socket belongs to HAProxy 2.6 or later; if it does, report this answer.",
  });
}

// A refusal of one command holds one of its known sentences; the rest of the text is the reason.
function refusal(text: string, command: string, sentences: readonly string[]): Refusal {
  const shared = parseRefusal(text);
  if (shared) return shared;
  const sentence = sentences.find((candidate) => text.includes(candidate));
  if (sentence === undefined) throw unexpected(command, text);
  const reason = text.replace(sentence, "").replace(/Can't load the payload/, "");
  return { kind: "rejected", reason: excerpt(reason) || excerpt(text) };
}

// "Committing F..\nSuccess!", where warnings may stand between the two lines.
function dotted(text: string, start: string): { instances: number; notes: string } | undefined {
  if (!text.startsWith(start)) return undefined;
  const rest = /^(\.*)\n([\s\S]*\n)?Success!$/.exec(text.slice(start.length));
  if (!rest) return undefined;
  return { instances: (rest[1] ?? "").length, notes: excerpt(rest[2] ?? "") };
}
