import { closeSync, constants, fstatSync, openSync, readlinkSync, readSync } from "node:fs";
import { fileError, isErrno } from "./file-error.ts";
import { largestValue } from "./store.ts";
import { StoreError } from "./store-error.ts";

// A link is a pointer and is read as one, never followed; a FIFO somebody put there must not stop the process.
const flags = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);
const usualSize = 64 * 1024;
const scratch = Buffer.allocUnsafeSlow(usualSize);

/**
 * The bytes of a file, or of a link's target; `undefined` where there is neither.
 *
 * Synchronous on purpose: on a local disk a small file takes about 7 µs this way and ten times as long through the thread
 * pool, which decides how long it takes to look through 100,000 certificates.
 */
export function readValue(path: string, key: string): Buffer | undefined {
  let file: number;
  try {
    file = openSync(path, flags);
  } catch (error) {
    if (isErrno(error, "ENOENT", "ENOTDIR")) return undefined;
    if (isErrno(error, "ELOOP", "EMLINK")) return Buffer.from(readlinkSync(path), "utf8");
    throw fileError(error, "read", path, key);
  }
  try {
    const size = readSync(file, scratch, 0, usualSize, 0);
    if (size < usualSize) return Buffer.from(scratch.subarray(0, size));
    return readLarge(file, path, key);
  } catch (error) {
    if (isErrno(error, "EISDIR")) return undefined;
    throw fileError(error, "read", path, key);
  } finally {
    closeSync(file);
  }
}

function readLarge(file: number, path: string, key: string): Buffer {
  const { size } = fstatSync(file);
  if (size > 2 * largestValue) {
    throw new StoreError("STORE_TOO_LARGE", `${path} has ${size} bytes, more than any value Certwright writes`, {
      key,
      hint: "Find out what wrote it; restore it from a backup or move it away.",
    });
  }
  const bytes = Buffer.alloc(size);
  let filled = 0;
  while (filled < size) {
    const read = readSync(file, bytes, filled, size - filled, filled);
    if (read === 0) break;
    filled += read;
  }
  return bytes.subarray(0, filled);
}
