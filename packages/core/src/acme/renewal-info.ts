import { CertwrightError, isCertwrightError } from "@certwright/provider";
import { asObject, parseDate, readOptionalString, readString } from "./answer.ts";
import type { AcmeClient, CallOptions } from "./client.ts";
import { AcmeProblem } from "./problem.ts";
import type { CertificateInfo } from "./x509.ts";

/** When the CA would like a certificate to be renewed (RFC 9773). */
export interface RenewalWindow {
  readonly start: Date;
  readonly end: Date;
}

/** What the CA said, or why it is of no use. */
export interface RenewalInfo {
  /** Undefined where the CA has none to give or gave a senseless one: renew by the certificate's lifetime then. */
  readonly window: RenewalWindow | undefined;
  /** Why there is no window. */
  readonly reason: string | undefined;
  /** A page that explains the window; https. */
  readonly explanationUrl: string | undefined;
  /** Seconds until asking again makes sense: what the CA asks, between one hour and seven days. Default: six hours. */
  readonly retryAfter: number;
}

const hour = 3600;
const day = 24 * hour;

/**
 * The id of a certificate in renewal info and in `replaces` (RFC 9773 section 4.1): the authority key identifier and
 * the DER bytes of the serial number, both base64url without padding.
 *
 * @returns undefined where the certificate has no authority key identifier, so that it has no id.
 */
export function certificateId({ authorityKeyIdentifier, serial }: CertificateInfo): string | undefined {
  if (authorityKeyIdentifier === undefined || !/^[0-9A-F]+$/i.test(serial)) return undefined;
  const hex = serial.length % 2 === 0 ? serial : `0${serial}`;
  // In DER a positive integer whose first bit is set begins with a zero byte.
  const bytes = Buffer.from(Number.parseInt(hex.slice(0, 2), 16) >= 0x80 ? `00${hex}` : hex, "hex");
  return `${Buffer.from(authorityKeyIdentifier, "hex").toString("base64url")}.${bytes.toString("base64url")}`;
}

/**
 * Asks when to renew the certificate of this id: one unsigned request. Renewal info is advice, so whatever goes wrong with
 * it is a `reason` and never an error.
 *
 * @throws only the signal's reason.
 */
export async function askRenewalInfo(
  client: AcmeClient,
  id: string,
  notAfter: Date,
  { signal }: CallOptions = {},
): Promise<RenewalInfo> {
  try {
    const { renewalInfo } = await client.directory({ signal });
    if (renewalInfo === undefined) return without("the CA offers no renewal info", day);
    const answer = await client.get(`${renewalInfo.replace(/\/$/, "")}/${id}`, { signal, attempts: 2 });
    return parseRenewalInfo(answer.json(), clampRetryAfter(answer.retryAfter), { notAfter });
  } catch (error) {
    signal?.throwIfAborted();
    if (!isCertwrightError(error)) throw error;
    const missing = error instanceof AcmeProblem && error.status === 404;
    return without(
      missing ? "the CA does not know this certificate" : error.message,
      clampRetryAfter(error.retryAfter),
    );
  }
}

/** Reads a RenewalInfo object (RFC 9773 section 4.2); a window no renewal could follow is left out with the reason. */
export function parseRenewalInfo(
  value: unknown,
  retryAfter: number,
  certificate: Pick<CertificateInfo, "notAfter">,
): RenewalInfo {
  try {
    const what = "renewal info";
    const fields = asObject(value, what);
    const suggested = asObject(fields.suggestedWindow, what);
    const start = parseDate(readString(suggested, "start", what, 64), "start", what);
    const end = parseDate(readString(suggested, "end", what, 64), "end", what);
    const explanation = readOptionalString(fields, "explanationURL", what);
    const explanationUrl =
      explanation !== undefined && /^https:\/\/[!-~]+$/.test(explanation) ? explanation : undefined;
    if (end <= start) return { ...without("the CA's window ends before it starts", retryAfter), explanationUrl };
    if (start >= certificate.notAfter)
      return { ...without("the CA's window starts after the certificate expires", retryAfter), explanationUrl };
    return { window: { start, end }, reason: undefined, explanationUrl, retryAfter };
  } catch (error) {
    if (!(error instanceof CertwrightError)) throw error;
    return without(error.message, retryAfter);
  }
}

/** Between one hour and seven days (seconds); six hours where the CA says nothing. */
export function clampRetryAfter(seconds: number | undefined): number {
  return Math.min(Math.max(seconds ?? 6 * hour, hour), 7 * day);
}

function without(reason: string, retryAfter: number): RenewalInfo {
  return { window: undefined, reason, explanationUrl: undefined, retryAfter };
}
