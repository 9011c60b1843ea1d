/** Every code a {@link StoreError} may carry, with its meaning; `docs/reference/errors.md` is made from it. */
export const storeErrorCodes = {
  STORE_BAD_KEY: "A key or folder does not follow the grammar of the store; a fault of the program, not of the user.",
  STORE_BAD_VALUE:
    "A value does not fit its own format, for example a name with a control character; nothing was written.",
  STORE_BAD_NAME: "A name is empty, too long or not well-formed Unicode, so no file can be named after it.",
  STORE_BAD_LOCATION: "A place for state is neither a directory nor a bucket as it should be written.",
  STORE_CONFLICT: "The value changed, appeared or vanished since it was read; nothing was written.",
  STORE_LOCKED: "Another run holds the lease and did not let go of it in time.",
  STORE_LEASE_LOST: "A lease ran out or was taken away while work was still under way.",
  STORE_NO_LOCKS: "The file system or the Node version has no locks that die with their process.",
  STORE_LINKS_LOST:
    "A link inside the state is a folder of copies: the state was copied by a program that follows links.",
  STORE_FULL: "The disk, the quota or the file size limit leaves no room; what was stored before is untouched.",
  STORE_READ_ONLY: "The state is on a read-only file system.",
  STORE_FORBIDDEN:
    "The operating system, or the service that keeps it, does not let this user read or write the state.",
  STORE_NOT_A_DIRECTORY: "The state directory is a file or something else.",
  STORE_FOREIGN_DIRECTORY:
    "The directory holds files that are not Certwright's, so it is not taken as a state directory.",
  STORE_WRONG_OWNER: "The state directory belongs to another user.",
  STORE_OPEN_TO_OTHERS: "Other users may write to the state directory, so its contents cannot be trusted.",
  STORE_MODE_FIXED: "A warning: other users could read the state directory; its mode was set to 0700.",
  STORE_OTHER_DEVICE:
    "A folder inside the state directory is on another file system, so nothing can be moved there at once.",
  STORE_NEWER_FORMAT: "The state was written by a newer version of Certwright, which this one would damage.",
  STORE_CORRUPT: "A stored value is empty, cut short or not what Certwright wrote; it is left as it is.",
  STORE_TOO_LARGE: "A value is larger than the store takes.",
  STORE_SEAL_KEY: "The key for encrypting the state cannot be used.",
  STORE_WRONG_SEAL_KEY: "A stored value was encrypted with another key.",
  STORE_SECRET_REFUSED: "A store beyond this machine was given a private key without encryption.",
  STORE_NOT_CONDITIONAL:
    "The service takes a write whose condition is not met, so two runs would undo each other's work.",
  STORE_UNREACHABLE: "The service that keeps the state cannot be reached, or the connection broke.",
  STORE_NO_BUCKET: "The bucket that is to keep the state does not exist.",
  STORE_BAD_CREDENTIALS: "The service that keeps the state does not know the credentials, or they have expired.",
  STORE_CLOCK: "The clock of this machine and that of the service differ too much for signed requests.",
  STORE_BUSY: "The service that keeps the state asks for fewer requests, and kept asking.",
  STORE_NOT_EMPTY: "State was to be copied to a place that holds some already.",
  STORE_OPTIONS: "State beyond this machine lacks something to be reached by, such as its region or credentials.",
  STORE_FAILED: "Reading or writing the state failed for another reason.",
  CERTIFICATE_NOT_FOUND: "No certificate of that name, or no such generation of it, is stored.",
  CERTIFICATE_UNREADABLE: "What was to be stored is not a PEM certificate.",
  CERTIFICATE_KEY_MISMATCH: "The private key does not belong to the certificate; nothing was stored.",
} as const;

/** One of {@link storeErrorCodes}. */
export type StoreErrorCode = keyof typeof storeErrorCodes;
