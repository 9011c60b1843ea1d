import { ProviderError, type ProviderErrorCode } from "./errors.ts";
import type { OptionsSchema } from "./options.ts";
import type { Refusal, RefusalKind } from "./refusal.ts";

/** What the errors of one provider's API say besides the status. */
export interface StatusErrorContext {
  readonly provider: string;
  /** The vendor's name. */
  readonly name: string;
  readonly permissions: string;
  readonly options: OptionsSchema;
}

/** An answer with an error status, reduced to what an error may show. */
export interface FailedAnswer {
  /** `GET /zones`, without query. */
  readonly request: string;
  readonly status: number;
  readonly retryAfter: number | undefined;
  /** The API's own words, already masked and made printable. */
  readonly message: string | undefined;
  /** Whether the request would have changed something. */
  readonly changes: boolean;
}

/** Turns an error status into the code the host tells cases apart by. */
export function statusError(answer: FailedAnswer, context: StatusErrorContext): ProviderError {
  const { status, request, message } = answer;
  const code = codeOf(status, message ?? "");
  const text = `${context.name} answered ${request} with ${status}${message === undefined ? "" : `: ${message}`}`;
  return failedWith(code, text, answer, context);
}

/** Turns a failure told inside an answer into the error its status would have been, had the API used one. */
export function refusalError(
  { kind, hint }: Refusal,
  answer: FailedAnswer,
  context: StatusErrorContext,
): ProviderError {
  const message = answer.message ?? "no reason given";
  const code = kind === "zoneNotFound" ? "PROVIDER_ZONE_NOT_FOUND" : codeOf(statuses[kind], message);
  return failedWith(code, `${context.name} refused ${answer.request}: ${message}`, answer, context, hint);
}

const statuses: Readonly<Record<Exclude<RefusalKind, "zoneNotFound">, number>> = {
  auth: 401,
  forbidden: 403,
  notFound: 404,
  rateLimited: 429,
  conflict: 409,
  quota: 507,
  invalid: 400,
  unsupported: 501,
  unavailable: 503,
};

function failedWith(
  code: ProviderErrorCode,
  text: string,
  { status, retryAfter, changes }: FailedAnswer,
  context: StatusErrorContext,
  also?: string,
): ProviderError {
  return new ProviderError(code, text, {
    provider: context.provider,
    status,
    hint: [hintOf(code, context), ...(also === undefined ? [] : [also])].join(" "),
    ...(retryAfter === undefined ? {} : { retryAfter }),
    uncertain: changes && code === "PROVIDER_UNAVAILABLE",
    retryable: code === "PROVIDER_RATE_LIMITED" || code === "PROVIDER_UNAVAILABLE",
  });
}

const codes: Readonly<Record<number, ProviderErrorCode>> = {
  401: "PROVIDER_AUTH",
  402: "PROVIDER_QUOTA",
  403: "PROVIDER_FORBIDDEN",
  404: "PROVIDER_NOT_FOUND",
  408: "PROVIDER_UNAVAILABLE",
  409: "PROVIDER_CONFLICT",
  412: "PROVIDER_CONFLICT",
  423: "PROVIDER_CONFLICT",
  425: "PROVIDER_UNAVAILABLE",
  429: "PROVIDER_RATE_LIMITED",
  501: "PROVIDER_UNSUPPORTED",
  507: "PROVIDER_QUOTA",
};

function codeOf(status: number, message: string): ProviderErrorCode {
  // Many APIs say 400 or 403 for limits; only their words tell.
  if ([400, 403, 409, 422].includes(status)) {
    if (/rate.?limit|too many requests|throttl/i.test(message)) return "PROVIDER_RATE_LIMITED";
    if (
      /\bquota\b|limit (has been )?(exceeded|reached)|(exceeds?|reached) the (maximum|limit)|maximum number of/i.test(
        message,
      )
    )
      return "PROVIDER_QUOTA";
  }
  return codes[status] ?? (status >= 500 ? "PROVIDER_UNAVAILABLE" : "PROVIDER_INVALID");
}

/** What to do next about an error of this code. */
export function hintOf(code: ProviderErrorCode, context: StatusErrorContext): string {
  switch (code) {
    case "PROVIDER_AUTH":
      return `Check ${credentialNames(context.options)}: wrong, expired, or for another account.`;
    case "PROVIDER_FORBIDDEN":
      return `The credential is not allowed to do this. What is enough: ${context.permissions}`;
    case "PROVIDER_NOT_FOUND":
    case "PROVIDER_ZONE_NOT_FOUND":
      return "Check that the zone is in this account and that the credential may see it.";
    case "PROVIDER_RATE_LIMITED":
      return "Wait, then run again; fewer names per run, or a higher limit at the vendor, helps for good.";
    case "PROVIDER_CONFLICT":
      return "Something else changes the same record, or another kind of record stands at the name; look at the zone, then run again.";
    case "PROVIDER_QUOTA":
      return "Remove records that are no longer needed, or raise the account's limit at the vendor.";
    case "PROVIDER_UNAVAILABLE":
      return "The fault is on the vendor's side; try again later and see its status page.";
    case "PROVIDER_UNSUPPORTED":
      return "The API does not offer this; check the endpoint and its version.";
    default:
      return "Check the options of this provider; if they are right, report this with the message above.";
  }
}

/** `token (DESEC_TOKEN)` for each option that is secret; every option where none is. */
export function credentialNames(options: OptionsSchema): string {
  const all = Object.entries(options);
  const secret = all.filter(([, option]) => option.secret === true);
  const names = (secret.length > 0 ? secret : all).map(
    ([name, { env }]) => `${name}${env[0] === undefined ? "" : ` (${env[0]})`}`,
  );
  return names.length === 0 ? "the credential" : `the option${names.length > 1 ? "s" : ""} ${names.join(", ")}`;
}
