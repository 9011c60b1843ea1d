import { newFile } from "./allow-list.ts";
import { count, record, text, word } from "./fields.ts";
import { longestLine } from "./protocol.ts";

/** What a client may ask. There is nothing else, and no command of the Runtime API passes. */
export type Ask = PutAsk | LookAsk | AnswerAsk | WithdrawAsk | AcmeStatusAsk | AcmeRenewAsk;

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

/** Answer an http-01 challenge for a while, under this name alone. */
export interface AnswerAsk extends Omit<WithdrawAsk, "op"> {
  readonly op: "answer";
  /** Of the account's key: what the answer ends with (RFC 8555 section 8.1). */
  readonly thumbprint: string;
}

/** Answer it no more. */
export interface WithdrawAsk {
  readonly op: "withdraw";
  readonly id: number;
  /** As the CA asks for it: lower case, IDN as `xn--`. */
  readonly name: string;
  readonly token: string;
}

/** Tell of the certificates HAProxy obtains by itself. */
export interface AcmeStatusAsk {
  readonly op: "acme-status";
  readonly id: number;
}

/** Have HAProxy obtain one now. */
export interface AcmeRenewAsk {
  readonly op: "acme-renew";
  readonly id: number;
  readonly certificate: string;
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: names with them never reach HAProxy
const inHaproxy = text(1_024, /^[^\u0000-\u001f\u007f]+$/);
const pem = text(longestLine, /^[\t\n\r\x20-\x7e]+$/);
const place = { certificate: inHaproxy };

// What is in a map is served to everybody, and so is of base64url alone (RFC 8555 section 8.1).
const challenge = {
  id: count,
  name: text(253, /^(?:[0-9a-f:]*:[0-9a-f:.]*|(?!-)[0-9a-z_-]+(?:\.[0-9a-z_-]+)*)$/),
  token: text(256, /^[\w-]+$/),
};

const operations = {
  put: record(
    { op: word("put"), id: count, chain: pem, key: pem },
    { ...place, add: inHaproxy, as: text(200, newFile) },
    "refused",
  ),
  look: record({ op: word("look"), id: count, leaf: pem }, place, "refused"),
  answer: record({ op: word("answer"), ...challenge, thumbprint: text(43, /^[\w-]{43}$/) }, {}, "refused"),
  withdraw: record({ op: word("withdraw"), ...challenge }, {}, "refused"),
  "acme-status": record({ op: word("acme-status"), id: count }, {}, "refused"),
  "acme-renew": record({ op: word("acme-renew"), id: count, certificate: inHaproxy }, {}, "refused"),
} as const;

const names = Object.keys(operations) as (keyof typeof operations)[];

/** @throws RangeError or SyntaxError when the line is no request */
export function readAsk(line: string): Ask {
  const value: unknown = JSON.parse(line);
  const op = record({ op: word(...names) }, {}, "ignored")(value).op;
  return operations[op](value);
}
