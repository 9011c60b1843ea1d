import { isCertwrightError } from "@certwright/provider/errors";

/** What the process ends with; scripts rely on these. */
export const exitCodes = {
  /** Done, or nothing was due. */
  done: 0,
  /** Some certificate, or the one thing asked for, failed. */
  failed: 1,
  /** Wrong usage or configuration: running again changes nothing. */
  usage: 2,
  /** Issued, but not deployed everywhere. */
  notDeployed: 3,
  /** Rate limited or paused by the CA: later, or after what the hint says. */
  rateLimited: 4,
  /** Stopped by Ctrl-C or SIGTERM, the shell's convention of 128 and the signal's number. */
  interrupted: 130,
} as const;

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

/** Codes that say that the command line, the configuration or the names are wrong, whichever part of the program found it. */
const usageCodes: ReadonlySet<string> = new Set([
  "CLI_USAGE",
  "CLI_BINDING_NEEDED",
  "CLI_CA_UNKNOWN",
  "CLI_CA_GONE",
  "CLI_TARGET_UNKNOWN",
  "CLI_ACCOUNT_UNKNOWN",
  "CLI_CERTIFICATE_UNKNOWN",
  "CLI_FILE_UNREADABLE",
  "CLI_SECRET_IN_CLEAR",
  "CLI_CONFIG_FOREIGN",
  "CLI_FILE_EXISTS",
  "CLI_LISTEN",
  "PROVIDER_OPTIONS",
  "PROVIDER_DEFINITION",
  "ACME_CSR_INVALID",
  "ACME_EXTERNAL_ACCOUNT_INVALID",
  "ACME_EXTERNAL_ACCOUNT_REQUIRED",
  "ACME_INSECURE_URL",
  "DNS_BAD_NAME",
  "DNS_BAD_SERVER",
  "DNS_TSIG_KEY_INVALID",
  "HAPROXY_AGENT_DECIDES",
  "HAPROXY_AGENT_ONLY",
  "HAPROXY_NODE_ADDRESS",
  "HAPROXY_PLAINTEXT_REFUSED",
  "STORE_BAD_LOCATION",
  "STORE_OPTIONS",
  "STORE_SEAL_KEY",
  "STORE_SECRET_REFUSED",
]);
const usagePrefixes = ["IDENTIFIER_", "PLUGIN_", "CONFIG_"];
/** LIMIT_BACKOFF is not here: its reason is an earlier failure, not a limit. */
const rateLimitCodes: ReadonlySet<string> = new Set([
  "ACME_RATE_LIMITED",
  "ACME_PAUSED",
  "LIMIT_REACHED",
  "LIMIT_OWN",
  "LIMIT_HOLD",
  "LIMIT_PAUSED",
]);

/** The exit code for an error that ended the whole command. */
export function exitCodeOf(error: unknown): ExitCode {
  return isCertwrightError(error) ? exitCodeOfCode(error.code) : exitCodes.failed;
}

/** The exit code an error code stands for. */
export function exitCodeOfCode(code: string): ExitCode {
  if (code === "CLI_INTERRUPTED") return exitCodes.interrupted;
  if (rateLimitCodes.has(code)) return exitCodes.rateLimited;
  if (usageCodes.has(code) || usagePrefixes.some((prefix) => code.startsWith(prefix))) return exitCodes.usage;
  return exitCodes.failed;
}

/** How a run over several certificates ended. */
export interface RunOutcome {
  /** Codes of the failed certificates. */
  readonly failures: readonly string[];
  readonly notDeployed: number;
}

/** The exit code of a run: failures first; a common reason of all failures is told, else they are just failures. */
export function exitCodeOfRun({ failures, notDeployed }: RunOutcome): ExitCode {
  const [first, ...others] = [...new Set(failures.map(exitCodeOfCode))];
  if (first !== undefined) return others.length === 0 ? first : exitCodes.failed;
  return notDeployed > 0 ? exitCodes.notDeployed : exitCodes.done;
}
