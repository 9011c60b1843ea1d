import { CertwrightError } from "@certwright/provider";
import type { Identifier } from "../identifier.ts";
import type { AcmeErrorCode } from "./error-codes.ts";
import { printable } from "./printable.ts";
import { acmeProblemPrefix, problemKind } from "./problem-kinds.ts";

/** One problem document (RFC 9457, with the subproblems of RFC 8555 section 6.7.1), cleaned for display. */
export interface ProblemDocument {
  /** The problem type, usually `urn:ietf:params:acme:error:...`; `about:blank` where the CA gave none. */
  readonly type: string;
  readonly detail: string;
  readonly status?: number;
  /** Where a person can act: the page that resumes a paused name, or the new terms of service. Always https. */
  readonly instance?: string;
  /** The name the problem is about, in a subproblem. */
  readonly identifier?: Identifier;
  readonly subproblems: readonly ProblemDocument[];
}

/** What an {@link AcmeProblem} carries besides the document. */
export interface AcmeProblemDetails {
  /** The URL that answered, or the object that holds the problem. */
  readonly url: string;
  readonly retryAfter?: number;
  readonly cause?: unknown;
  /** The code and hint to use in place of the ones that belong to the type. */
  readonly code?: AcmeErrorCode;
  readonly hint?: string;
  readonly message?: string;
}

/** The CA refused something, and said so with a problem document. Nothing in it holds control characters. */
export class AcmeProblem extends CertwrightError {
  override readonly name: string = "AcmeProblem";
  readonly type: string;
  readonly status: number | undefined;
  readonly detail: string;
  readonly subproblems: readonly ProblemDocument[];
  /** Where a person can act, where the CA names such a page: an unpause link, new terms of service. */
  readonly instance: string | undefined;
  readonly url: string;

  constructor(document: ProblemDocument, details: AcmeProblemDetails) {
    const kind = describeProblem(document);
    super(details.code ?? kind.code, details.message ?? problemMessage(document), {
      hint: withPause(details.hint ?? kind.hint, details.retryAfter),
      retryable: details.retryAfter !== undefined || kind.retryable,
      ...(details.cause === undefined ? {} : { cause: details.cause }),
      ...(details.retryAfter === undefined ? {} : { retryAfter: details.retryAfter }),
    });
    this.type = document.type;
    this.status = document.status;
    this.detail = document.detail;
    this.subproblems = document.subproblems;
    this.instance = document.instance;
    this.url = details.url;
  }
}

/** The pause a person is asked for; a shorter one is over before it is read. */
function withPause(hint: string, seconds = 0): string {
  if (seconds < 60) return hint;
  const [amount, unit] = seconds < 5400 ? [seconds / 60, "min"] : [seconds / 3600, "h"];
  return `${hint} The CA asks for a pause of ${Math.ceil(amount)} ${unit}.`;
}

/** True for an error that is a problem of the given ACME type, such as `badNonce`. Compares the URN, never text. */
export function isProblem(error: unknown, type: string): error is AcmeProblem {
  return error instanceof AcmeProblem && error.type === acmeProblemPrefix + type;
}

/** The code, the hint and whether to try again, from a document: the cause inside a compound problem counts. */
export function describeProblem(document: ProblemDocument): { code: AcmeErrorCode; hint: string; retryable: boolean } {
  if (document.instance !== undefined && isPause(document)) {
    return {
      code: "ACME_PAUSED",
      hint: `Resume the name at ${document.instance} once its cause is mended.`,
      retryable: false,
    };
  }
  if (document.type === `${acmeProblemPrefix}unauthorized` && isAboutEndedAccount(document.detail)) {
    return {
      code: "ACME_ACCOUNT_DEACTIVATED",
      hint: "Forget it here with certwright account deactivate --yes; the next order then makes a new account.",
      retryable: false,
    };
  }
  const inner = new Set(document.subproblems.map((problem) => problem.type));
  const type =
    document.type === `${acmeProblemPrefix}compound` && inner.size === 1 ? [...inner].join("") : document.type;
  const kind = problemKind(type);
  const hint =
    kind.code === "ACME_USER_ACTION_REQUIRED" && document.instance
      ? `Open ${document.instance} and do what it asks.`
      : kind.hint;
  return { code: kind.code, hint, retryable: kind.retryable ?? false };
}

/** RFC 8555 section 7.3.6 has no type of its own for it, so each CA says it in words. */
function isAboutEndedAccount(detail: string): boolean {
  return /\baccount\b.*\b(?:deactivated|revoked|not valid)\b/i.test(detail);
}

/** One line: what the CA said, and about which names. */
export function problemMessage(document: ProblemDocument): string {
  const said = document.detail || `problem ${document.type}`;
  const parts = document.subproblems.slice(0, 10).map((problem) => {
    return problem.identifier ? `${problem.identifier.value}: ${problem.detail}` : problem.detail;
  });
  const more =
    document.subproblems.length > parts.length ? [`and ${document.subproblems.length - parts.length} more`] : [];
  return parts.length === 0 ? said : `${said} (${[...parts, ...more].join("; ")})`;
}

/**
 * Reads a problem document. Never throws: a refusal must be reported even where the CA words it badly, so a field
 * of the wrong kind counts as absent.
 */
export function parseProblem(value: unknown, status?: number): ProblemDocument {
  const fields = plainObject(value);
  const detail = text(fields.detail) || text(fields.title);
  const type = text(fields.type) || "about:blank";
  const instance =
    actionUrl(fields.instance) ?? (type === `${acmeProblemPrefix}rateLimited` ? unpauseLink(detail) : undefined);
  const identifier = parseIdentifier(fields.identifier);
  const subproblems = Array.isArray(fields.subproblems) ? fields.subproblems.slice(0, 200) : [];
  return {
    type,
    detail,
    ...(status === undefined ? {} : { status }),
    ...(instance === undefined ? {} : { instance }),
    ...(identifier === undefined ? {} : { identifier }),
    // One level only (RFC 8555 section 6.7.1: subproblems have no subproblems of their own).
    subproblems: subproblems.map((inner) => ({ ...parseProblem({ ...plainObject(inner), subproblems: [] }) })),
  };
}

function plainObject(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {};
}

function text(value: unknown): string {
  return typeof value === "string" ? printable(value) : "";
}

function parseIdentifier(value: unknown): Identifier | undefined {
  const { type, value: name } = plainObject(value);
  if ((type !== "dns" && type !== "ip") || typeof name !== "string") return undefined;
  return { type, value: printable(name, 260) };
}

function actionUrl(value: unknown): string | undefined {
  return typeof value === "string" && value.length <= 4096 && /^https:\/\/[!-~]+$/.test(value) ? value : undefined;
}

// Let's Encrypt has no URN of its own for a paused name: it is a `rateLimited` whose detail ends in the link.
function unpauseLink(detail: string): string | undefined {
  return actionUrl(/https:\/\/[!-~]+\/unpause\?[!-~]+/.exec(detail)?.[0].replace(/[.,;)]+$/, ""));
}

function isPause(document: ProblemDocument): boolean {
  return document.type === `${acmeProblemPrefix}rateLimited`;
}
