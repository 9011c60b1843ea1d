/** Just enough DER (X.690) to write a certificate signing request: each function returns one whole tag-length-value. */

export function tlv(tag: number, ...parts: readonly Uint8Array[]): Buffer {
  const size = parts.reduce((sum, { length }) => sum + length, 0);
  const length: number[] = [];
  for (let rest = size; rest > 0; rest = Math.floor(rest / 256)) length.unshift(rest % 256);
  const head = size < 0x80 ? [tag, size] : [tag, 0x80 | length.length, ...length];
  return Buffer.concat([Buffer.from(head), ...parts]);
}

export const sequence = (...parts: readonly Uint8Array[]): Buffer => tlv(0x30, ...parts);
export const set = (...parts: readonly Uint8Array[]): Buffer => tlv(0x31, ...parts);
export const octetString = (value: Uint8Array): Buffer => tlv(0x04, value);
/** Of whole octets. */
export const bitString = (value: Uint8Array): Buffer => tlv(0x03, Buffer.of(0), value);
/** An object identifier, given as the hex of its content. */
export const oid = (hex: string): Buffer => tlv(0x06, Buffer.from(hex, "hex"));
