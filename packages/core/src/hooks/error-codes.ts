/** Every code running hooks can raise, with its meaning; `docs/reference/errors.md` is made from it. */
export const hookErrorCodes = {
  HOOK_FAILED: "A hook ended with another status than 0, or by a signal.",
  PROGRAM_NOT_FOUND: "There is no such program, or no such directory to run it in.",
  PROGRAM_NOT_EXECUTABLE: "The program may not be run, or is none.",
  PROGRAM_TIMEOUT: "The program took longer than it may, and was ended with all it had started.",
  PROGRAM_FAILED: "The operating system could not start the program.",
} as const;

/** A code of {@link hookErrorCodes}. */
export type HookErrorCode = keyof typeof hookErrorCodes;
