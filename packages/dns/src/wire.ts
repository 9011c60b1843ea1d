import { dnsError } from "./errors.ts";

/** One resource record as far as it can be read without knowing its type (RFC 1035 section 4.1.3). */
export interface RecordFrame {
  readonly section: "answer" | "authority" | "additional";
  /** Where the record starts in the message. */
  readonly offset: number;
  readonly type: number;
  readonly class: number;
  readonly ttl: number;
  readonly dataOffset: number;
  readonly dataLength: number;
}

/** A message cut into its parts: every length is inside the message, and nothing follows the last record. */
export interface MessageFrame {
  readonly id: number;
  readonly flags: number;
  readonly questions: number;
  readonly records: readonly RecordFrame[];
}

/** The longest DNS message there is: its length is a 16-bit number over TCP. */
export const longestMessage = 65_535;

/** The length of the header every message starts with. */
export const headerLength = 12;

/** An unsigned number in network byte order, `bytes` long. */
export function uint(value: number, bytes: 1 | 2 | 4 | 6): Buffer {
  const buffer = Buffer.alloc(bytes);
  buffer.writeUIntBE(value, 0, bytes);
  return buffer;
}

/** A normalized name in wire format, uncompressed and therefore in the canonical form signatures are made over. */
export function wireName(name: string): Buffer {
  const labels = name.split(".").filter((label) => label !== "");
  return Buffer.concat([
    ...labels.flatMap((label) => [uint(label.length, 1), Buffer.from(label, "latin1")]),
    uint(0, 1),
  ]);
}

/**
 * Reads the header, without the section counts.
 * @throws DNS_BAD_ANSWER where there is not even that.
 */
export function headerOf(message: Buffer): { id: number; flags: number; questions: number } {
  if (message.length < headerLength) throw malformed("it is shorter than a DNS header");
  return { id: message.readUInt16BE(0), flags: message.readUInt16BE(2), questions: message.readUInt16BE(4) };
}

/** The offset behind the question section. */
export function endOfQuestions(message: Buffer): number {
  let offset = headerLength;
  for (let left = headerOf(message).questions; left > 0; left--) offset = skip(message, afterName(message, offset), 4);
  return offset;
}

/**
 * Cuts a message into records.
 * @throws DNS_BAD_ANSWER where a length points outside the message or bytes are left over.
 */
export function frameOf(message: Buffer): MessageFrame {
  let offset = endOfQuestions(message);
  const records: RecordFrame[] = [];
  const sections = ["answer", "authority", "additional"] as const;
  for (const [index, section] of sections.entries()) {
    for (let left = message.readUInt16BE(6 + 2 * index); left > 0; left--) {
      const fixed = afterName(message, offset);
      const dataOffset = skip(message, fixed, 10);
      const dataLength = message.readUInt16BE(fixed + 8);
      records.push({
        section,
        offset,
        type: message.readUInt16BE(fixed),
        class: message.readUInt16BE(fixed + 2),
        ttl: message.readUInt32BE(fixed + 4),
        dataOffset,
        dataLength,
      });
      offset = skip(message, dataOffset, dataLength);
    }
  }
  if (offset !== message.length) throw malformed("bytes follow its last record");
  return { ...headerOf(message), records };
}

/** The error for bytes that are no usable answer. */
export function badAnswer(message: string, cause?: unknown): Error {
  return dnsError("DNS_BAD_ANSWER", message, {
    hint: "Check that the address is that of a DNS server, and that no proxy or portal answers in its place.",
    cause,
    retryable: true,
  });
}

/** The error for a message that breaks the format. */
export function malformed(reason: string, cause?: unknown): Error {
  return badAnswer(`the DNS answer is malformed: ${reason}`, cause);
}

/** The offset behind a name; a compression pointer ends a name, so nothing is followed here. */
function afterName(message: Buffer, start: number): number {
  let offset = start;
  for (;;) {
    const length = message[offset];
    if (length === undefined) throw malformed("a name runs past its end");
    if (length === 0) return offset + 1;
    if (length >= 0xc0) return skip(message, offset, 2);
    if (length > 63) throw malformed("a name has an unknown kind of label");
    offset += length + 1;
  }
}

function skip(message: Buffer, offset: number, length: number): number {
  if (offset + length > message.length) throw malformed("a record runs past its end");
  return offset + length;
}
