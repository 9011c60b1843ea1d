import { asObject, type JsonObject } from "./answer.ts";
import type { AcmeErrorCode } from "./error-codes.ts";
import { AcmeProblem, type AcmeProblemDetails, parseProblem, problemMessage } from "./problem.ts";
import { acmeProblemPrefix } from "./problem-kinds.ts";
import { parseRetryAfter } from "./retry-after.ts";
import type { TransportResponse } from "./transport.ts";

/** The typed error for an answer that is no success; undefined for a 2xx. */
export function failureOf(response: TransportResponse, now: number): AcmeProblem | undefined {
  const { status } = response;
  if (status >= 200 && status < 300) return undefined;
  const retryAfter = parseRetryAfter(response.headers["retry-after"], now);
  const base = { url: response.url.href, ...(retryAfter === undefined ? {} : { retryAfter }) };
  if (status < 400) return bare(response, base, "ACME_REDIRECTED", redirectHint(response));
  const fields = jsonObject(response);
  if (fields !== undefined && (typeof fields.type === "string" || typeof fields.detail === "string")) {
    const document = parseProblem(fields, status);
    const code = document.type.startsWith(acmeProblemPrefix) ? undefined : codeOfStatus(status);
    return new AcmeProblem(document, {
      ...base,
      ...(code === undefined ? {} : { code, message: problemMessage(document) }),
    });
  }
  const code = codeOfStatus(status);
  if (code !== undefined) return bare(response, base, code, "Wait, then try again; see the CA's status page.");
  return bare(response, base, "ACME_NOT_ACME", notAcmeHint);
}

/** What to do where an address does not speak ACME. */
const notAcmeHint = "Check the CA's directory URL, and that no proxy or login page answers in its place.";

/** The answer as a JSON object. @throws AcmeProblem `ACME_NOT_ACME` where it is none. */
export function jsonOf(response: TransportResponse): JsonObject {
  const fields = jsonObject(response);
  if (fields === undefined) throw bare(response, { url: response.url.href }, "ACME_NOT_ACME", notAcmeHint);
  return fields;
}

function jsonObject(response: TransportResponse): JsonObject | undefined {
  if (/html/i.test(response.headers["content-type"] ?? "")) return undefined;
  try {
    return asObject(JSON.parse(response.body), "answer");
  } catch {
    return undefined;
  }
}

function bare(
  response: TransportResponse,
  details: AcmeProblemDetails,
  code: AcmeErrorCode,
  hint: string,
): AcmeProblem {
  const kind = contentKind(response);
  const detail = `${response.url.origin}${response.url.pathname} answered ${response.status} with ${kind}`;
  return new AcmeProblem(
    { type: "about:blank", status: response.status, detail, subproblems: [] },
    { ...details, code, hint },
  );
}

function contentKind(response: TransportResponse): string {
  if (response.body === "") return "no content";
  if (/html/i.test(response.headers["content-type"] ?? "") || /^\s*</.test(response.body)) return "an HTML page";
  return jsonObject(response) === undefined ? "something other than JSON" : "no problem document";
}

// The sender's own classes of trouble, for problems that name no ACME type: load balancers, proxies, static pages.
function codeOfStatus(status: number): AcmeErrorCode | undefined {
  if (status === 429) return "ACME_RATE_LIMITED";
  return [500, 502, 503, 504].includes(status) ? "ACME_UNAVAILABLE" : undefined;
}

function redirectHint({ headers, url }: TransportResponse): string {
  const target =
    headers.location !== undefined && URL.canParse(headers.location, url.href)
      ? new URL(headers.location, url)
      : undefined;
  return target?.protocol === "https:"
    ? `If ${target.origin} is the CA, give ${target.href} as its directory URL.`
    : notAcmeHint;
}
