/** Errors of exporting certificates to files and what they mean. */
export const exportErrorCodes = {
  EXPORT_ADDRESS: "An export target is not written as it should be.",
  EXPORT_DIRECTORY_MISSING: "The directory a certificate is to be exported to does not exist.",
  EXPORT_FAILED: "The operating system refused to write an exported file; what was there before is untouched.",
  EXPORT_FULL: "The disk or quota has no room for an exported file; what was there before is untouched.",
  EXPORT_LINK: "The path to export to is a symbolic link of another user, who could lead it anywhere.",
  EXPORT_NOT_A_FILE: "The path to export to is there and is no regular file.",
  EXPORT_OPEN: "A warning: an exported key could be read by all users; it is readable by its owner and group only now.",
  EXPORT_OWNER: "An exported file cannot be given to its owner: no such user or group, or only root may do it.",
  EXPORT_PASSWORD: "The password for a PKCS#12 file is not given, or cannot be read.",
} as const;

export type ExportErrorCode = keyof typeof exportErrorCodes;
