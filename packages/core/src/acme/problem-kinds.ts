import type { AcmeErrorCode } from "./error-codes.ts";

/** What Certwright makes of one problem type. */
export interface ProblemKind {
  readonly code: AcmeErrorCode;
  /** What the person should do next. */
  readonly hint: string;
  /** True where the same request may succeed later with nothing changed. */
  readonly retryable?: boolean;
}

/** The prefix of the problem types ACME registers (RFC 8555 section 6.7). */
export const acmeProblemPrefix = "urn:ietf:params:acme:error:";

const unknownKind: ProblemKind = {
  code: "ACME_PROBLEM",
  hint: "Read the CA's own words in the message; its documentation or status page says more.",
};

/** Problem types of RFC 8555 section 6.7, RFC 9773 section 7.4 and the profiles draft, without the prefix. */
const kinds: Readonly<Record<string, ProblemKind>> = {
  accountDoesNotExist: {
    code: "ACME_ACCOUNT_DOES_NOT_EXIST",
    hint: "Register the account with this CA, or check that the key and the CA belong together.",
  },
  alreadyReplaced: {
    code: "ACME_ALREADY_REPLACED",
    hint: "Order again without naming the certificate to replace.",
  },
  alreadyRevoked: { code: "ACME_ALREADY_REVOKED", hint: "Nothing is left to do: the certificate is revoked." },
  badCSR: {
    code: "ACME_BAD_CSR",
    hint: "Check the key type and the names; with your own CSR, make one that names exactly the ordered names.",
  },
  badNonce: {
    code: "ACME_BAD_NONCE",
    hint: "Try again later; if it stays, something between here and the CA replays or caches requests.",
    retryable: true,
  },
  badPublicKey: {
    code: "ACME_BAD_PUBLIC_KEY",
    hint: "Use a new key of a type this CA accepts, such as ec256 or rsa2048.",
  },
  badRevocationReason: {
    code: "ACME_BAD_REVOCATION_REASON",
    hint: "Revoke with another reason, or without one.",
  },
  badSignatureAlgorithm: {
    code: "ACME_BAD_SIGNATURE_ALGORITHM",
    hint: "Use an account key of type ec256 or rsa2048.",
  },
  caa: {
    code: "ACME_CAA",
    hint: "Allow this CA in the name's CAA records, or use a CA that they allow.",
  },
  connection: {
    code: "ACME_CONNECTION",
    hint: "Check that the name's addresses are reachable from the internet, or use dns-01.",
    retryable: true,
  },
  dns: {
    code: "ACME_DNS",
    hint: "Check that the name's authoritative servers answer from everywhere (SERVFAIL, DNSSEC, missing record).",
    retryable: true,
  },
  externalAccountRequired: {
    code: "ACME_EXTERNAL_ACCOUNT_REQUIRED",
    hint: "Get a key id and an HMAC key from the CA and give both for the first registration.",
  },
  incorrectResponse: {
    code: "ACME_INCORRECT_RESPONSE",
    hint: "Check that the validation record or file is served everywhere and is the newest one.",
  },
  invalidContact: { code: "ACME_INVALID_CONTACT", hint: "Give an e-mail address the CA can accept, or none." },
  invalidProfile: {
    code: "ACME_INVALID_PROFILE",
    hint: "Choose one of the profiles the CA's directory lists, or leave the profile out.",
  },
  malformed: {
    code: "ACME_MALFORMED",
    hint: "Read the CA's own words in the message; if the request looks right, please report it to Certwright.",
  },
  orderNotReady: {
    code: "ACME_ORDER_NOT_READY",
    hint: "Look at the order again later, or start a new one.",
    retryable: true,
  },
  rateLimited: {
    code: "ACME_RATE_LIMITED",
    hint: "Wait until the limit passes; repeating the request earlier only prolongs it.",
    retryable: true,
  },
  rejectedIdentifier: {
    code: "ACME_REJECTED_IDENTIFIER",
    hint: "Leave the name out: the CA's policy forbids it.",
  },
  serverInternal: { code: "ACME_SERVER_INTERNAL", hint: "Try again later; see the CA's status page.", retryable: true },
  tls: {
    code: "ACME_TLS",
    hint: "Check the TLS configuration at the name's addresses, or use dns-01.",
  },
  unauthorized: {
    code: "ACME_UNAUTHORIZED",
    hint: "Check that the proof is in place for the right name and that the account may do this.",
  },
  unsupportedContact: { code: "ACME_UNSUPPORTED_CONTACT", hint: "Use an e-mail address as contact." },
  unsupportedIdentifier: {
    code: "ACME_UNSUPPORTED_IDENTIFIER",
    hint: "Order this name or address from a CA that issues for its kind.",
  },
  userActionRequired: {
    code: "ACME_USER_ACTION_REQUIRED",
    hint: "Open the page the CA names, do what it asks, then try again.",
  },
};

/** What a problem type means to us; unknown types and types of other vendors are `ACME_PROBLEM`. */
export function problemKind(type: string): ProblemKind {
  if (!type.startsWith(acmeProblemPrefix)) return unknownKind;
  const name = type.slice(acmeProblemPrefix.length);
  return Object.hasOwn(kinds, name) ? (kinds[name] ?? unknownKind) : unknownKind;
}
