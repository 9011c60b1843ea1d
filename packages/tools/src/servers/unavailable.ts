/**
 * The real servers cannot be had on this machine. `missing` names what is not there, `hint` says how to get it;
 * the message holds both, so printing it is enough.
 */
export class ServersUnavailableError extends Error {
  readonly code = "SERVERS_UNAVAILABLE";
  readonly missing: readonly string[];
  readonly hint: string;

  constructor(missing: readonly string[], hint: string, cause?: unknown) {
    super(`The real servers cannot be had here. Missing: ${missing.join(", ")}. ${hint}`, { cause });
    this.name = "ServersUnavailableError";
    this.missing = missing;
    this.hint = hint;
  }
}
