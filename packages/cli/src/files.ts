import { open } from "node:fs/promises";
import { cliError } from "./errors.ts";

/** Nothing a person names on a command line is larger: keys, roots, requests. */
const largest = 1024 * 1024;

/**
 * Reads a small file the person named.
 *
 * @throws CertwrightError `CLI_FILE_UNREADABLE`
 */
export async function readSmallFile(path: string): Promise<Uint8Array> {
  try {
    await using file = await open(path, "r");
    const { size } = await file.stat();
    if (size > largest)
      throw cliError("CLI_FILE_UNREADABLE", `${path} is larger than 1 MiB`, { hint: "Is it the right file?" });
    // A pipe tells no size: read to the limit, and one byte more to notice.
    const { buffer, bytesRead } = await file.read(Buffer.alloc((size > 0 ? size : largest) + 1), 0);
    return buffer.subarray(0, Math.min(bytesRead, largest));
  } catch (cause) {
    if (!(cause instanceof Error && "syscall" in cause)) throw cause;
    throw cliError("CLI_FILE_UNREADABLE", `${path} cannot be read: ${cause.message}`, {
      hint: "Check the path, and that this user may read it.",
      cause,
    });
  }
}

/** The same as text. */
export async function readSmallTextFile(path: string): Promise<string> {
  return Buffer.from(await readSmallFile(path)).toString("utf8");
}
