import { count, record, text, word } from "./fields.ts";
import { longestLine } from "./protocol.ts";

/** What a client may ask. There is nothing else, and no command of the Runtime API passes. */
export type Ask = PutAsk | LookAsk;

/** Make this certificate live. Holds a private key. */
export interface PutAsk {
  readonly op: "put";
  /** Comes back with the answer. */
  readonly id: number;
  /** PEM, leaf first. */
  readonly chain: string;
  /** PEM. */
  readonly key: string;
  /** Name in HAProxy. Default: the certificate there that has these names. */
  readonly certificate?: string;
  /** The list to attach it to where HAProxy does not have it. */
  readonly add?: string;
  /** File name of a new certificate. */
  readonly as?: string;
}

/** Tell what HAProxy, its disk and its clients have in the place of this certificate. */
export interface LookAsk {
  readonly op: "look";
  readonly id: number;
  /** The leaf alone, PEM. */
  readonly leaf: string;
  readonly certificate?: string;
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: names with them never reach HAProxy
const inHaproxy = text(1_024, /^[^\u0000-\u001f\u007f]+$/);
const pem = text(longestLine, /^[\t\n\r\x20-\x7e]+$/);
const place = { certificate: inHaproxy };

const operations = {
  put: record(
    { op: word("put"), id: count, chain: pem, key: pem },
    // HAProxy gives other endings a meaning of their own, and dot files are not loaded.
    { ...place, add: inHaproxy, as: text(200, /^\w[\w.:@+-]*\.(?:pem|crt)$/) },
    "refused",
  ),
  look: record({ op: word("look"), id: count, leaf: pem }, place, "refused"),
} as const;

/** @throws RangeError or SyntaxError when the line is no request */
export function readAsk(line: string): Ask {
  const value: unknown = JSON.parse(line);
  const op = record({ op: word("put", "look") }, {}, "ignored")(value).op;
  return operations[op](value);
}
