/** Every code reading the configuration can raise, with its meaning; `docs/reference/errors.md` is made from it. */
export const configErrorCodes = {
  CONFIG_INVALID: "The configuration file has faults; the error lists every one with its line and column.",
  CONFIG_SECRET_MISSING: "The environment variable or file that should hold a secret is not there or is empty.",
  CONFIG_SECRET_UNREADABLE: "The file that should hold a secret cannot be read.",
  CONFIG_SECRET_TOO_LARGE: "What should be a secret is larger than any secret.",
  CONFIG_SECRET_MALFORMED: "A secret holds bytes that no secret has.",
  CONFIG_SECRET_COMMAND: "The command that should print a secret cannot be run, failed, or printed nothing.",
  CONFIG_SECRET_OPEN: "A warning: users other than its owner can read the file of a secret.",
} as const;

/** A code of {@link configErrorCodes}. */
export type ConfigErrorCode = keyof typeof configErrorCodes;
