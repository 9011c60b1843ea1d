import { CertwrightError, type ErrorDetails } from "@certwright/provider/errors";
import type { StoreErrorCode } from "./error-codes.ts";

/** Who holds a lease, as far as that is known. For people only: it may be out of date by a moment. */
export interface LeaseHolder {
  readonly pid?: number;
  readonly host?: string;
  /** Milliseconds since 1970. */
  readonly since?: number;
  /** When the lease comes free should its holder be dead; left out where it then is free at once. Milliseconds since 1970. */
  readonly freeBy?: number;
}

/** Details of a failed access to the state. */
export interface StoreErrorDetails extends ErrorDetails {
  /** The key, or the lease, it was about. */
  readonly key?: string;
  /** `STORE_LOCKED`: who is in the way. */
  readonly holder?: LeaseHolder;
}

/** State could not be read or written. Never holds a stored value. */
export class StoreError extends CertwrightError {
  override readonly name: string = "StoreError";
  readonly key: string | undefined;
  readonly holder: LeaseHolder | undefined;

  constructor(code: StoreErrorCode, message: string, details: StoreErrorDetails = {}) {
    super(code, message, details);
    this.key = details.key;
    this.holder = details.holder;
  }
}

/** True for an error of the state, whichever copy of the class made it: parts of a bundle have their own. */
export function isStoreError(error: unknown): error is StoreError {
  return error instanceof Error && error.name === "StoreError";
}

/** True for an error with this code, whichever copy of a class made it. */
export function hasCode(error: unknown, code: StoreErrorCode): boolean {
  return error instanceof Error && "code" in error && error.code === code;
}

/** The error for a stored value that cannot be understood. */
export function corrupt(key: string, what: string, cause?: unknown): StoreError {
  return new StoreError("STORE_CORRUPT", `${key} in the state is damaged: ${what}`, {
    key,
    cause,
    hint: `It was left untouched. ${remedies.find(([folder]) => key.startsWith(folder))?.[1] ?? remedy}`,
  });
}

const remedy = "Restore it from a backup, or move it away to start it anew.";

/** What helps, by the folder a value is in, where moving the one file away would not. */
const remedies: readonly (readonly [folder: string, remedy: string])[] = [
  [
    "certificates/",
    "Restore it from a backup; or obtain the certificate anew, beside it: certwright renew, or issue with the same names.",
  ],
  [
    "accounts/",
    "Restore it from a backup; or move the account's folder away, then import its key (certwright account import) or let a new account be made.",
  ],
];
