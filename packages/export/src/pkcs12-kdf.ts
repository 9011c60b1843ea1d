import { createHash } from "node:crypto";

/** What derived bytes are for (RFC 7292 appendix B.3). */
const purposes = { key: 1, iv: 2, mac: 3 } as const;

/** A hash the key derivation may use, with its block size. */
const blockSizes = { sha1: 64, sha256: 64 } as const;

export type KdfHash = keyof typeof blockSizes;

/** The key derivation of RFC 7292 appendix B.2. */
export function deriveBytes(
  hash: KdfHash,
  purpose: keyof typeof purposes,
  { password, salt, iterations, length }: { password: string; salt: Uint8Array; iterations: number; length: number },
): Buffer {
  const block = blockSizes[hash];
  const diversifier = Buffer.alloc(block, purposes[purpose]);
  // With the two zero bytes at its end, an empty password too.
  const text = Buffer.from(`${password}\0`, "utf16le").swap16();
  const input = Buffer.concat([fill(salt, block), fill(text, block)]);
  const output: Buffer[] = [];
  for (let made = 0; made < length; made += output.at(-1)?.length ?? length) {
    let digest = createHash(hash).update(diversifier).update(input).digest();
    for (let round = 1; round < iterations; round += 1) digest = createHash(hash).update(digest).digest();
    output.push(digest);
    const step = fill(digest, block).subarray(0, block);
    for (let start = 0; start < input.length; start += block) addOne(input.subarray(start, start + block), step);
  }
  return Buffer.concat(output).subarray(0, length);
}

/** Copies of the bytes, one after the other, up to whole blocks. */
function fill(bytes: Uint8Array, block: number): Buffer {
  const length = block * Math.ceil(bytes.length / block);
  return length === 0 ? Buffer.alloc(0) : Buffer.alloc(length, bytes);
}

/** `number + step + 1`, big-endian, in place; what does not fit is dropped. */
function addOne(number: Buffer, step: Buffer): void {
  let carry = 1;
  for (let index = number.length - 1; index >= 0; index -= 1) {
    const sum = (number[index] ?? 0) + (step[index] ?? 0) + carry;
    number[index] = sum & 0xff;
    carry = sum >> 8;
  }
}
