import { createHmac, timingSafeEqual } from "node:crypto";
import { tsigHashes, type UsableTsigKey } from "./tsig-key.ts";
import { frameOf, malformed, uint, wireName } from "./wire.ts";

/** The TSIG errors of RFC 8945 section 3 by number. */
export const tsigErrors = { 16: "BADSIG", 17: "BADKEY", 18: "BADTIME", 22: "BADTRUNC" } as const;

const typeTsig = 250;
const classAny = 255;
/** Seconds the two clocks may differ by; what RFC 8945 section 10 recommends. */
const fudge = 300;
const additionalCount = 10;

/** The fields of a TSIG record that are signed besides the message (RFC 8945 section 4.3.3). */
interface TsigFields {
  /** Seconds since 1970. */
  readonly time: number;
  readonly fudge: number;
  readonly error: number;
  readonly other: Buffer;
}

/** A TSIG record found at the end of a message. */
export interface Tsig extends TsigFields {
  readonly algorithm: Buffer;
  readonly mac: Buffer;
  /** The message as it was before it was signed. */
  readonly message: Buffer;
}

/**
 * Signs a request: gives the message with the TSIG record at its end, and the MAC, which the answer is signed with.
 * @param time seconds since 1970.
 */
export function signRequest(message: Buffer, key: UsableTsigKey, time: number): { signed: Buffer; mac: Buffer } {
  const fields = { time, fudge, error: 0, other: Buffer.alloc(0) };
  const mac = macOf(key, [message, variables(key, fields)]);
  const data = Buffer.concat([
    wireName(key.algorithm),
    uint(time, 6),
    uint(fudge, 2),
    uint(mac.length, 2),
    mac,
    message.subarray(0, 2),
    uint(fields.error, 2),
    uint(fields.other.length, 2),
  ]);
  const head = [wireName(key.name), uint(typeTsig, 2), uint(classAny, 2), uint(0, 4), uint(data.length, 2)];
  const signed = Buffer.concat([message, ...head, data]);
  signed.writeUInt16BE(signed.readUInt16BE(additionalCount) + 1, additionalCount);
  return { signed, mac };
}

/**
 * Takes the TSIG record off a message; undefined where it is not the last record.
 * @throws DNS_BAD_ANSWER where the message or the record is malformed.
 */
export function readTsig(bytes: Buffer): Tsig | undefined {
  const record = frameOf(bytes).records.at(-1);
  if (record?.section !== "additional" || record.type !== typeTsig || record.class !== classAny) return undefined;
  const data = bytes.subarray(record.dataOffset, record.dataOffset + record.dataLength);
  try {
    const algorithmLength = data.indexOf(0) + 1;
    const macLength = data.readUInt16BE(algorithmLength + 8);
    const mac = data.subarray(algorithmLength + 10, algorithmLength + 10 + macLength);
    const tail = algorithmLength + 10 + macLength;
    const other = data.subarray(tail + 6, tail + 6 + data.readUInt16BE(tail + 4));
    const message = Buffer.from(bytes.subarray(0, record.offset));
    data.copy(message, 0, tail, tail + 2);
    message.writeUInt16BE(message.readUInt16BE(additionalCount) - 1, additionalCount);
    return {
      algorithm: data.subarray(0, algorithmLength),
      time: data.readUIntBE(algorithmLength, 6),
      fudge: data.readUInt16BE(algorithmLength + 6),
      error: data.readUInt16BE(tail + 2),
      mac,
      other,
      message,
    };
  } catch (error) {
    throw malformed("its TSIG record is cut short", error);
  }
}

/** True where the answer was signed with the key, over this very request. The time is for the caller to judge. */
export function isSignedWith(key: UsableTsigKey, tsig: Tsig, requestMac: Buffer): boolean {
  const expected = macOf(key, [uint(requestMac.length, 2), requestMac, tsig.message, variables(key, tsig)]);
  const algorithm = tsig.algorithm.toString("latin1").toLowerCase();
  if (algorithm !== wireName(key.algorithm).toString("latin1")) return false;
  return tsig.mac.length === expected.length && timingSafeEqual(tsig.mac, expected);
}

/** The server's clock in seconds since 1970, where a BADTIME answer tells it (RFC 8945 section 5.2.3). */
export function serverTimeOf({ other }: Tsig): number | undefined {
  return other.length === 6 ? other.readUIntBE(0, 6) : undefined;
}

function variables(key: UsableTsigKey, { time, fudge: allowed, error, other }: TsigFields): Buffer {
  const head = [wireName(key.name), uint(classAny, 2), uint(0, 4), wireName(key.algorithm)];
  return Buffer.concat([...head, uint(time, 6), uint(allowed, 2), uint(error, 2), uint(other.length, 2), other]);
}

function macOf(key: UsableTsigKey, parts: readonly Buffer[]): Buffer {
  const hmac = createHmac(tsigHashes[key.algorithm], key.secret);
  for (const part of parts) hmac.update(part);
  return hmac.digest();
}
