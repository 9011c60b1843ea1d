import { excerpt } from "../errors.ts";
import type { ApiReply } from "./exchange.ts";

/** Why a Data Plane API did not do what was asked. */
export type Failure =
  /** User, password or client certificate. */
  | { readonly kind: "denied" }
  /** Somebody else is changing certificates, or the API asks for patience. Trying again helps. */
  | { readonly kind: "busy"; readonly behind?: string; readonly retryAfter?: number; readonly reason?: string }
  /** In 2.6: the content went into the open transaction of another certificate. */
  | { readonly kind: "misdirected"; readonly into: string }
  /** HAProxy has no certificate, or no list, of that name. */
  | { readonly kind: "unknown" }
  | { readonly kind: "no-list" }
  /** The list has the certificate already. */
  | { readonly kind: "listed" }
  /** The API keeps a file of that name already. */
  | { readonly kind: "exists" }
  | { readonly kind: "absent" }
  /** The API shows no certificate whose key is in a file of its own. */
  | { readonly kind: "split-key" }
  | { readonly kind: "too-big" }
  /** The API has no way to the running process; only files and reloads are left. */
  | { readonly kind: "no-runtime"; readonly reason: string }
  /** The API's own socket is not of level admin. */
  | { readonly kind: "level" }
  | { readonly kind: "reload-failed"; readonly reason: string }
  /** HAProxy looked at the request and says no. */
  | { readonly kind: "rejected"; readonly reason: string }
  | { readonly kind: "failed"; readonly status: number; readonly reason: string };

/** Sentences of HAProxy and of the API that tell failures apart. The API wraps the former into statuses of its own. */
const sentences: readonly (readonly [RegExp, (found: RegExpExecArray) => Failure])[] = [
  [/[Oo]perations on certificates are currently locked!/, ([reason]) => ({ kind: "busy", reason })],
  [
    /The ongoing transaction is about '([^']*)' but you are trying to [\s\S]*Can't commit/,
    ([, into = ""]) => ({ kind: "misdirected", into }),
  ],
  [
    /The ongoing transaction is about '([^']*)' but you are trying to /,
    ([, behind = ""]) => ({ kind: "busy", behind }),
  ],
  // Two changes of one certificate met: the other's commit took our content along, or ours.
  [/No ongoing transaction!/, () => ({ kind: "busy" })],
  [/Can't replace a certificate which is not referenced|Can't display the certificate/, () => ({ kind: "unknown" })],
  [/certificate '[^']*' (?:does not|doesn't) exist!/, () => ({ kind: "unknown" })],
  [/Certificate '[^']*' already exists!/, () => ({ kind: "exists" })],
  [/crt-list '[^']*' does not exist!|didn't find the specified filename/, () => ({ kind: "no-list" })],
  [/file already exists in this directory!/, () => ({ kind: "listed" })],
  [/storing the private key in a separate file is not supported/, () => ({ kind: "split-key" })],
  [/The command line is too big for the buffer size|The payload is too big/, () => ({ kind: "too-big" })],
  [/Permission denied|Can't allocate memory!/, () => ({ kind: "level" })],
  [
    /unable to configure runtime client|no valid runtime found|dial unix|connect: |^path \S* was not found$/,
    ([reason]) => ({ kind: "no-runtime", reason }),
  ],
  [/^Reload failed:([\s\S]*)$/, ([, reason = ""]) => ({ kind: "reload-failed", reason: reason.trim() })],
  [/Can't (?:commit|update|edit)|^[\s\S]*Can't load the payload/, ([reason]) => ({ kind: "rejected", reason })],
];

/** What an answer that is no success means. */
export function failureOf({ status, text, retryAfter }: ApiReply): Failure {
  const reason = reasonOf(text);
  if (status === 401 || status === 403) return { kind: "denied" };
  if (status === 413) return { kind: "too-big" };
  for (const [sentence, failure] of sentences) {
    const found = sentence.exec(reason);
    if (found === null) continue;
    const told = failure(found);
    return "reason" in told && told.kind !== "reload-failed" ? { ...told, reason: excerpt(reason) } : told;
  }
  if (status === 429 || status === 503) return { kind: "busy", ...(retryAfter === undefined ? {} : { retryAfter }) };
  if (status === 409) return { kind: "exists" };
  if (status === 404) return { kind: "absent" };
  return { kind: "failed", status, reason: excerpt(reason) };
}

/**
 * What an error says. The API echoes the whole command in it, and with that the private key it was sent; that, and the
 * path of its socket, is left out first.
 */
function reasonOf(text: string): string {
  let message = text;
  try {
    const json: unknown = JSON.parse(text);
    if (typeof json === "object" && json !== null && "message" in json && typeof json.message === "string")
      message = json.message;
  } catch {}
  return message
    .replace(/\s*\[(?:set|new|commit|abort|add|del|show) ssl [\s\S]*$/, "")
    .replace(/-----BEGIN [\s\S]*$/, "…")
    .replace(/^\S*\/\S* (?:\[\d\] +)?/, "")
    .trim();
}
