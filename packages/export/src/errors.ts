import { CertwrightError, type ErrorDetails } from "@certwright/provider";
import type { ExportErrorCode } from "./error-codes.ts";

/** An error of an export; its code stands in `exportErrorCodes`. */
export function exportError(code: ExportErrorCode, message: string, details: ErrorDetails = {}): CertwrightError {
  return new CertwrightError(code, message, details);
}

/** True for what a system call ended with. */
export function isErrno(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && "syscall" in error;
}

/** What a failed system call means to the person who owns the directory. */
export function fileFailure(path: string, cause: NodeJS.ErrnoException): CertwrightError {
  switch (cause.code) {
    case "ENOSPC":
    case "EDQUOT":
      return exportError("EXPORT_FULL", `there is no space left for ${path} (${cause.code})`, {
        cause,
        retryable: true,
        hint: "Free some space; what was there before is untouched.",
      });
    case "ENOENT":
    case "ENOTDIR":
      return exportError("EXPORT_DIRECTORY_MISSING", `the directory of ${path} does not exist`, {
        cause,
        hint: "Create it, with the owner and mode it should have.",
      });
    default:
      return exportError("EXPORT_FAILED", `${path} cannot be written (${cause.code ?? cause.message})`, {
        cause,
        hint: "Let this user write to the directory, or export to another; what was there before is untouched.",
      });
  }
}
