/** Codes of errors the command line itself makes, with what each means. `docs/reference/errors.md` is generated from it. */
export const cliErrorCodes = {
  CLI_USAGE: "The command line is wrong: an unknown command or option, or a value that is missing or cannot be read.",
  CLI_CA_UNKNOWN: "The CA is neither a known short name nor the https: URL of an ACME directory.",
  CLI_BINDING_NEEDED: "The CA binds each ACME account to an account made with it elsewhere, and nothing says which.",
  CLI_BINDING_REFUSED: "The CA was asked to make an external account binding, and made none.",
  CLI_CA_GONE: "The CA of this name no longer issues certificates.",
  CLI_TARGET_UNKNOWN: "The deploy target is of no kind Certwright knows.",
  CLI_ACCOUNT_UNKNOWN: "The store has no account at this CA with this address, or several and none was named.",
  CLI_ACCOUNT_EXISTS: "The store has another account at this CA with this address; it is left as it is.",
  CLI_CERTIFICATE_UNKNOWN: "The store has no certificate of this name.",
  CLI_SECRET_IN_CLEAR: "A secret was given on the command line, where other users and the shell's history see it.",
  CLI_CONFIG_FOREIGN:
    "A configuration found in a usual place belongs to another user or can be changed by all; it is used only when named.",
  CLI_CERTIFICATE_UNKEPT: "A warning: a certificate is stored but not in the configuration, so nothing renews it.",
  CLI_TARGET_UNKEPT:
    "A warning: a certificate was deployed to a target that is none of its own, so its successor will not come there.",
  CLI_FILE_EXISTS: "A file that was to be written is there already; it is left as it is.",
  CLI_NOTIFY_FAILED: "A notification could not be delivered; it is tried again at the next look.",
  CLI_LISTEN: "The service cannot listen where it is to serve metrics and health.",
  CLI_RESTART_NEEDED:
    "A warning: something changed in the configuration that takes effect when the service is started anew.",
  CLI_SUPERVISOR: "A warning: systemd cannot be told how the service goes.",
  CLI_FILE_UNREADABLE: "A file named on the command line or in the environment cannot be read.",
  CLI_INTERRUPTED: "The run was stopped by a signal; what it had begun outside was undone first.",
  CLI_DOCTOR: "The check-up before an order found what would keep the certificate from being issued.",
  CLI_CI_REPORT: "A warning: a file by which a CI system is told how the run went cannot be written.",
  PLUGIN_UNKNOWN: "No DNS provider of this name is known or installed.",
  PLUGIN_NOT_INSTALLED: "The DNS provider is known, but its package is not installed.",
  PLUGIN_LOAD: "The DNS provider's module was found but fails to load.",
  PLUGIN_INVALID: "The module found is not a DNS provider: its default export is not made by defineProvider.",
  PLUGIN_API_VERSION: "The DNS provider was made for another version of the provider interface.",
} as const;

export type CliErrorCode = keyof typeof cliErrorCodes;
