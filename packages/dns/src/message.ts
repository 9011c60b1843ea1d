import { type Answer, CHECKING_DISABLED, decode, encode, type Packet, RECURSION_DESIRED } from "dns-packet";
import { messageOf } from "./errors.ts";
import { type DnsRecord, type DnsType, toRecord } from "./record.ts";
import { badAnswer, endOfQuestions, frameOf, headerLength, headerOf, longestMessage, malformed } from "./wire.ts";

/** What is asked: a normalized name and a type, in class IN. */
export interface Question {
  readonly name: string;
  readonly type: DnsType;
}

/** How a question is put. */
export interface QueryFlags {
  /** The message id, 0 to 65535. */
  readonly id: number;
  /** RD: ask the server to look elsewhere on our behalf. */
  readonly recursive: boolean;
  /** CD: do not withhold answers that fail DNSSEC validation. Default: false. */
  readonly checkingDisabled?: boolean;
  /** Announce EDNS with 1232 bytes of UDP payload, which no path fragments. Default: true. */
  readonly edns?: boolean;
}

/** A server's own words about a failure (RFC 8914). */
export interface ExtendedError {
  readonly code: number;
  readonly text: string;
}

/** An answer, read. */
export interface DnsAnswer {
  /** By name (`NOERROR`, `NXDOMAIN`, `SERVFAIL`), unknown ones as `RCODE_n`; the extended part of EDNS is included. */
  readonly rcode: string;
  /** AA: the server is authoritative for the name. */
  readonly authoritative: boolean;
  /** TC: there is more than fitted. */
  readonly truncated: boolean;
  /** AD: the server says it validated the answer by DNSSEC. */
  readonly authenticData: boolean;
  readonly answers: readonly DnsRecord[];
  readonly authorities: readonly DnsRecord[];
  readonly additionals: readonly DnsRecord[];
  readonly extendedErrors: readonly ExtendedError[];
}

/** The response codes of the IANA registry that have a name anybody uses. */
const rcodes: Readonly<Record<number, string>> = {
  0: "NOERROR",
  1: "FORMERR",
  2: "SERVFAIL",
  3: "NXDOMAIN",
  4: "NOTIMP",
  5: "REFUSED",
  6: "YXDOMAIN",
  7: "YXRRSET",
  8: "NXRRSET",
  9: "NOTAUTH",
  10: "NOTZONE",
  16: "BADVERS",
};

const ednsPayload = 1232;
const extendedErrorOption = 15;

/** A query in wire format (RFC 1035 section 4, RFC 6891). */
export function encodeQuery(question: Question, flags: QueryFlags): Buffer {
  const opt = { type: "OPT", name: ".", udpPayloadSize: ednsPayload } as Answer;
  return encode({
    type: "query",
    id: flags.id,
    flags: (flags.recursive ? RECURSION_DESIRED : 0) | (flags.checkingDisabled ? CHECKING_DISABLED : 0),
    questions: [question],
    additionals: flags.edns === false ? [] : [opt],
  });
}

/**
 * Reads the answer to a query that {@link encodeQuery} wrote.
 *
 * It must be a response with the id that was sent, to exactly the question that was sent, letter case included
 * (which makes a forger's work harder), and every byte of it must belong to a record. Of a truncated answer only the
 * header is read: what is cut off may be cut anywhere.
 * @throws DNS_BAD_ANSWER
 */
export function decodeAnswer(bytes: Buffer, query: Buffer): DnsAnswer {
  if (bytes.length > longestMessage) throw malformed(`it has ${bytes.length} bytes`);
  const { id, flags, questions } = headerOf(bytes);
  if ((flags & 0x8000) === 0) throw unasked("it is a query");
  if (((flags >> 11) & 0xf) !== 0) throw unasked("it answers another kind of request");
  if (id !== headerOf(query).id) throw unasked("its id differs");
  // A server that cannot read the query may answer with the bare header (RFC 1035 section 4.1.1, FORMERR).
  const bareRefusal = questions === 0 && ["FORMERR", "NOTIMP"].includes(rcodeName(flags & 0xf));
  const asked = query.subarray(headerLength, endOfQuestions(query));
  const echoed = bytes.subarray(headerLength, headerLength + asked.length);
  if (!bareRefusal && (questions !== 1 || !asked.equals(echoed))) throw unasked("its question differs");

  const truncated = (flags & 0x0200) !== 0;
  const message = truncated ? {} : decodeStrictly(bytes);
  const opt = message.additionals?.find((record) => record.type === "OPT");
  return {
    rcode: rcodeName((flags & 0xf) | ((opt?.extendedRcode ?? 0) << 4)),
    authoritative: (flags & 0x0400) !== 0,
    truncated,
    authenticData: (flags & 0x0020) !== 0,
    answers: records(message.answers),
    authorities: records(message.authorities),
    additionals: records(message.additionals),
    extendedErrors: opt === undefined ? [] : opt.options.flatMap(({ code, data }) => extendedError(code, data)),
  };
}

/** The name of a response code. */
export function rcodeName(rcode: number): string {
  return rcodes[rcode] ?? `RCODE_${rcode}`;
}

/** `SERVFAIL`, or `SERVFAIL (DNSSEC Bogus)` where the server said more. */
export function describeRcode(answer: DnsAnswer): string {
  const more = answer.extendedErrors.map(
    ({ code, text }) => text || extendedErrorNames[code] || `extended error ${code}`,
  );
  return more.length === 0 ? answer.rcode : `${answer.rcode} (${more.join("; ")})`;
}

/** The codes of RFC 8914 section 4 that name a cause an operator can act on. */
const extendedErrorNames: Readonly<Record<number, string>> = {
  6: "DNSSEC bogus",
  7: "DNSSEC signature expired",
  8: "DNSSEC signature not yet valid",
  9: "DNSKEY missing",
  10: "RRSIGs missing",
  12: "NSEC missing",
  14: "zone not ready",
  15: "blocked",
  16: "censored",
  17: "filtered",
  18: "prohibited",
  20: "not authoritative",
  22: "no reachable authority",
  23: "network error",
};

function decodeStrictly(bytes: Buffer): Packet {
  frameOf(bytes);
  let message: Packet;
  try {
    message = decode(bytes);
  } catch (error) {
    throw malformed(messageOf(error), error);
  }
  // The codec trusts names inside record data to fill it; if they did not, it read on at the wrong place.
  if (decode.bytes !== bytes.length) throw malformed("the lengths of its records contradict each other");
  return message;
}

function records(answers: readonly Answer[] | undefined): DnsRecord[] {
  return (answers ?? []).flatMap((answer) => toRecord(answer) ?? []);
}

function extendedError(code: number, data: Buffer | undefined): ExtendedError[] {
  if (code !== extendedErrorOption || data === undefined || data.length < 2) return [];
  const text = data
    .toString("utf8", 2)
    .replace(/[^\x20-\x7e]/g, "")
    .slice(0, 200);
  return [{ code: data.readUInt16BE(0), text }];
}

function unasked(reason: string): Error {
  return badAnswer(`the DNS answer does not belong to the question: ${reason}`);
}
