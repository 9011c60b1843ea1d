/** Just enough DER (X.690) to write PKCS#12, and certificates for tests: one function per type, each returning the whole tag-length-value. */

function tlv(tag: number, ...parts: readonly Uint8Array[]): Buffer {
  const body = Buffer.concat(parts);
  if (body.length < 0x80) return Buffer.concat([Buffer.from([tag, body.length]), body]);
  const length: number[] = [];
  for (let rest = body.length; rest > 0; rest = Math.floor(rest / 256)) length.unshift(rest % 256);
  return Buffer.concat([Buffer.from([tag, 0x80 | length.length, ...length]), body]);
}

export const sequence = (...parts: readonly Uint8Array[]): Buffer => tlv(0x30, ...parts);
export const set = (...parts: readonly Uint8Array[]): Buffer => tlv(0x31, ...parts);
export const octetString = (value: Uint8Array): Buffer => tlv(0x04, value);
export const bitString = (value: Uint8Array, unusedBits = 0): Buffer => tlv(0x03, Buffer.from([unusedBits]), value);
export const utf8String = (value: string): Buffer => tlv(0x0c, Buffer.from(value, "utf8"));
export const boolean = (value: boolean): Buffer => tlv(0x01, Buffer.from([value ? 0xff : 0]));
export const nullValue = (): Buffer => tlv(0x05);
export const enumerated = (value: number): Buffer => tlv(0x0a, Buffer.from([value]));
/** A context-specific tag around whole values. */
export const explicit = (tag: number, ...parts: readonly Uint8Array[]): Buffer => tlv(0xa0 | tag, ...parts);
/** BMPString: UTF-16, big-endian. */
export const bmpString = (value: string): Buffer => tlv(0x1e, Buffer.from(value, "utf16le").swap16());
/** A context-specific tag in place of a primitive value's own. */
export const implicit = (tag: number, value: Uint8Array): Buffer => tlv(0x80 | tag, value);

/** A non-negative integer, given as big-endian hex digits. */
export function integer(hex: string): Buffer {
  const digits = hex.replace(/^(?:00)+(?=..)/, "");
  const bytes = Buffer.from(digits.length % 2 === 0 ? digits : `0${digits}`, "hex");
  return (bytes[0] ?? 0) >= 0x80 ? tlv(0x02, Buffer.from([0]), bytes) : tlv(0x02, bytes);
}

/** An object identifier in dotted form. */
export function oid(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split(".").map(Number);
  const bytes = [first * 40 + second];
  for (const arc of rest) {
    const groups = [arc % 128];
    for (let high = Math.floor(arc / 128); high > 0; high = Math.floor(high / 128)) groups.unshift(0x80 | (high % 128));
    bytes.push(...groups);
  }
  return tlv(0x06, Buffer.from(bytes));
}

/** GeneralizedTime, to the second. */
export function generalizedTime(date: Date): Buffer {
  return tlv(0x18, Buffer.from(date.toISOString().replace(/[-:T]|\.\d+/g, "")));
}

/** UTCTime up to 2049 and GeneralizedTime after it (RFC 5280 section 4.1.2.5). */
export function time(date: Date): Buffer {
  const digits = date.toISOString().replace(/[-:T]|\.\d+/g, "");
  return date.getUTCFullYear() < 2050 ? tlv(0x17, Buffer.from(digits.slice(2))) : generalizedTime(date);
}
