import { CertwrightError, type ErrorDetails } from "@certwright/provider";
import type { AcmeErrorCode } from "./error-codes.ts";

/** No usable answer came back from the CA's host. */
export class AcmeNetworkError extends CertwrightError {
  override readonly name: string = "AcmeNetworkError";
  readonly host: string;
  /** True when the request may have reached the CA and taken effect. */
  readonly uncertain: boolean;

  constructor(
    code: AcmeErrorCode,
    message: string,
    details: ErrorDetails & { readonly host: string; readonly uncertain: boolean },
  ) {
    super(code, message, details);
    this.host = details.host;
    this.uncertain = details.uncertain;
  }
}

const untrusted: Readonly<Record<string, string>> = {
  CERT_HAS_EXPIRED: "it has expired",
  CERT_NOT_YET_VALID: "it is not yet valid",
  CERT_REVOKED: "it is revoked",
  CERT_UNTRUSTED: "its issuer is not trusted",
  DEPTH_ZERO_SELF_SIGNED_CERT: "it is self-signed",
  ERR_TLS_CERT_ALTNAME_INVALID: "it is for another host name",
  SELF_SIGNED_CERT_IN_CHAIN: "its root is not trusted",
  UNABLE_TO_GET_ISSUER_CERT: "its issuer is not trusted",
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: "its issuer is not trusted",
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: "its issuer is not trusted",
};

const clockCodes: ReadonlySet<string> = new Set(["CERT_HAS_EXPIRED", "CERT_NOT_YET_VALID"]);

const reasons: Readonly<Record<string, string>> = {
  EAI_AGAIN: "the resolver does not answer for this host name (EAI_AGAIN)",
  ECONNREFUSED: "nothing listens there (ECONNREFUSED)",
  ECONNRESET: "the connection was reset (ECONNRESET)",
  EHOSTUNREACH: "no route to the host (EHOSTUNREACH)",
  ENETUNREACH: "the network is unreachable (ENETUNREACH)",
  ENOTFOUND: "the host name does not exist (ENOTFOUND)",
  EPIPE: "the connection was closed (EPIPE)",
  ETIMEDOUT: "the connection timed out (ETIMEDOUT)",
};

/** The typed error for a failure of the connection. `sent` tells whether the request had left before it. */
export function networkError(error: unknown, host: string, sent: boolean): AcmeNetworkError {
  const code = errorCode(error);
  const distrust = untrusted[code];
  if (distrust !== undefined) {
    return new AcmeNetworkError("ACME_TLS_UNTRUSTED", `The TLS certificate of ${host} is refused: ${distrust}`, {
      host,
      uncertain: false,
      hint: clockCodes.has(code)
        ? "Check this machine's clock first (date -u): by a wrong one every certificate is over, or has not begun."
        : "For a CA with a root of its own, give that root: --ca-file, or caFile below cas in the configuration; else check the address and this machine's clock.",
      cause: error,
    });
  }
  const permanent = code === "ENOTFOUND" || notTls(code);
  const reason = notTls(code)
    ? "it does not speak TLS there"
    : (reasons[code] ?? `the connection failed${code && ` (${code})`}`);
  return new AcmeNetworkError("ACME_UNREACHABLE", `The CA at ${host} cannot be reached: ${reason}`, {
    host,
    uncertain: sent,
    retryable: !permanent,
    hint: permanent
      ? "Check the CA's address."
      : "Check the CA's address, this machine's network, and the CA's status page.",
    cause: error,
  });
}

/** The typed error for a limit of time that ran out. */
export function timeoutError(host: string, phase: string, ms: number, sent: boolean): AcmeNetworkError {
  return new AcmeNetworkError("ACME_TIMEOUT", `The CA at ${host} took longer than ${ms / 1000} s to ${phase}`, {
    host,
    uncertain: sent,
    retryable: true,
    hint: "Try again later; see the CA's status page.",
  });
}

function errorCode(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return errorCode(error.errors[0]);
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : "";
}

function notTls(code: string): boolean {
  return code === "EPROTO" || code === "ERR_SSL_WRONG_VERSION_NUMBER" || code === "ERR_SSL_PACKET_LENGTH_TOO_LONG";
}
