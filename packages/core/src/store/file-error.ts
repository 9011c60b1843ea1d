import { messageOf } from "@certwright/provider/errors";
import type { StoreErrorCode } from "./error-codes.ts";
import { StoreError } from "./store-error.ts";

interface Meaning {
  readonly code: StoreErrorCode;
  readonly what: string;
  readonly hint: string;
}

const full: Omit<Meaning, "what"> = {
  code: "STORE_FULL",
  hint: "Make room, or raise the limit, then run again: everything stored before is intact.",
};
const forbidden: Meaning = {
  code: "STORE_FORBIDDEN",
  what: "the operating system refuses access",
  hint: "Run as the user who owns the state directory, or give that user the directory and all in it.",
};

/** What the errors of the operating system mean for somebody who looks after a state directory. */
const meanings: Readonly<Record<string, Meaning>> = {
  ENOSPC: { ...full, what: "the disk is full" },
  EDQUOT: { ...full, what: "the disk quota is used up" },
  EFBIG: { ...full, what: "the file would be larger than the process may write" },
  EROFS: {
    code: "STORE_READ_ONLY",
    what: "the file system is read-only",
    hint: "Mount it writable, or choose another state directory.",
  },
  EACCES: forbidden,
  EPERM: forbidden,
  ENOTDIR: {
    code: "STORE_NOT_A_DIRECTORY",
    what: "part of the path is not a directory",
    hint: "Choose a directory for the state.",
  },
  EXDEV: {
    code: "STORE_OTHER_DEVICE",
    what: "a folder in the state directory is on another file system",
    hint: "Keep the whole state directory on one file system: mount that, not a folder in it.",
  },
};

/** The error for a failed file operation; the file's contents are never part of it. */
export function fileError(error: unknown, doing: string, path: string, key?: string): StoreError {
  if (error instanceof StoreError) return error;
  const errno = error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : undefined;
  const details = { cause: error, ...(key === undefined ? {} : { key }) };
  const meaning = errno === undefined ? undefined : meanings[errno];
  if (meaning !== undefined) {
    return new StoreError(meaning.code, `cannot ${doing} ${path}: ${meaning.what} (${errno})`, {
      ...details,
      hint: meaning.hint,
    });
  }
  const reason = errno ?? messageOf(error);
  return new StoreError("STORE_FAILED", `cannot ${doing} ${path}: ${reason}`, {
    ...details,
    hint: "Check the disk and the state directory, then run again.",
    retryable: errno === "EIO" || errno === "EAGAIN" || errno === "EMFILE" || errno === "ENFILE",
  });
}

/** True for an error of the operating system with one of these codes. */
export function isErrno(error: unknown, ...codes: readonly string[]): boolean {
  return error instanceof Error && "code" in error && codes.includes(error.code as string);
}
