import { isCertwrightError } from "@certwright/provider/errors";

/** What the process ends with; scripts rely on these. */
export const exitCodes = {
  done: 0,
  failed: 1,
  /** Running again changes nothing. */
  usage: 2,
  /** Also where nothing was done now, since the next try is ahead: a run that says 0 says that all is well. */
  notDeployed: 3,
  /** Later, or after what the hint says. */
  rateLimited: 4,
  /** Only where asked for: 0 and 5 tell apart what both went well. */
  changed: 5,
  /** The shell's convention of 128 and the signal's number. */
  interrupted: 130,
} as const;

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

/** What each means; help, README and reference page are made of it. */
export const exitCodeMeanings: readonly (readonly [ExitCode, string])[] = [
  [exitCodes.done, "done, or nothing was to be done"],
  [exitCodes.failed, "some certificate failed"],
  [exitCodes.usage, "wrong usage or configuration"],
  [exitCodes.notDeployed, "issued, now or before, but not live everywhere"],
  [exitCodes.rateLimited, "rate limited or paused by the CA"],
  [exitCodes.changed, "with `--detailed-exitcode`: all well, and something was issued or deployed (`plan`: is due)"],
  [exitCodes.interrupted, "stopped by Ctrl-C or a signal"],
];

/** How the codes of several certificates become one. */
export const exitCodeRule =
  "Of several certificates, failures come first: where all that failed did so for one reason, its code (2 or 4), else 1. Then 3, where one is not live everywhere. Then 5, where it was asked for. Then 0.";

/** Whether all went well. */
export function isWell(code: ExitCode): boolean {
  return code === exitCodes.done || code === exitCodes.changed;
}

/** Codes that say that the command line, the configuration or the names are wrong, whichever part of the program found it. */
const usageCodes: ReadonlySet<string> = new Set([
  "CLI_USAGE",
  "CLI_BINDING_NEEDED",
  "CLI_CA_UNKNOWN",
  "CLI_CA_GONE",
  "CLI_TARGET_UNKNOWN",
  "CLI_ACCOUNT_EXISTS",
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
  "EXPORT_ADDRESS",
  "EXPORT_OWNER",
  "EXPORT_PASSWORD",
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
  /** Targets that do not serve what was issued, whether they were tried now or not. */
  readonly notDeployed: number;
  /** Certificates that were issued or deployed, or are due in a plan; 0 where nobody asked. */
  readonly changed: number;
}

/** The exit code of a run, by {@link exitCodeRule}. */
export function exitCodeOfRun({ failures, notDeployed, changed }: RunOutcome): ExitCode {
  const [first, ...others] = [...new Set(failures.map(exitCodeOfCode))];
  if (first !== undefined) return others.length === 0 ? first : exitCodes.failed;
  if (notDeployed > 0) return exitCodes.notDeployed;
  return changed > 0 ? exitCodes.changed : exitCodes.done;
}
