import { StoreError } from "@certwright/core/store";
import type { S3Options } from "./s3-options.ts";
import type { S3Answer } from "./s3-request.ts";

/** An answer that is a failure. */
export interface Refusal {
  readonly error: StoreError;
  /** Whether the same request may be taken a moment later. */
  readonly retry: boolean;
}

/** Answers the callers know what to do with. */
const fine = new Set([200, 204, 404, 412]);
const badCredentials = new Set([
  "InvalidAccessKeyId",
  "SignatureDoesNotMatch",
  "ExpiredToken",
  "TokenRefreshRequired",
  "InvalidToken",
  "InvalidClientTokenId",
  "AuthorizationHeaderMalformed",
  "InvalidSecurity",
]);
const busy = new Set(["SlowDown", "ServiceUnavailable", "TooManyRequests", "RequestLimitExceeded", "Throttling"]);

/** What an answer refuses, in words that say what to do; undefined for those that are none. */
export function refusalOf(options: S3Options, answer: S3Answer): Refusal | undefined {
  const { endpoint, bucket, region } = options;
  const { status } = answer;
  const code = codeOf(answer);
  const who = `the S3 service at ${endpoint}`;
  const said = code ?? String(status);
  if (code === "NoSuchBucket") {
    return final(
      "STORE_NO_BUCKET",
      `there is no bucket ${bucket} at ${endpoint}`,
      "Make it first, or correct its name.",
    );
  }
  if (fine.has(status)) return undefined;
  if (code === "RequestTimeTooSkewed" || code === "RequestExpired") {
    return final(
      "STORE_CLOCK",
      `${who} refuses requests: this machine's clock is ${differenceOf(options, answer)}`,
      "Set the clock of this machine; certificates would be judged wrongly by it, too.",
    );
  }
  if (status === 401 || (code !== undefined && badCredentials.has(code))) {
    return final(
      "STORE_BAD_CREDENTIALS",
      `${who} does not take the credentials (${said})`,
      "Check access key, secret and session token, and whether they have expired; and the region.",
    );
  }
  if (status === 301 || status === 307 || status === 308 || code === "PermanentRedirect") {
    return final(
      "STORE_OPTIONS",
      `the bucket ${bucket} is not in the region ${region}`,
      "Name the bucket's own region.",
    );
  }
  if (status === 403) {
    return final(
      "STORE_FORBIDDEN",
      `${who} refuses access to the bucket ${bucket} (${said})`,
      "The credential needs s3:ListBucket on the bucket, and s3:GetObject, s3:PutObject and s3:DeleteObject on what is in it.",
    );
  }
  if (status === 429 || (code !== undefined && busy.has(code)) || status === 503) {
    const hint = "Run again later, or work on fewer certificates at a time (parallel in the configuration).";
    return again("STORE_BUSY", `${who} is asked too much, or not ready (${said})`, hint);
  }
  const hint = "Nothing was half-written. Run again once the service answers.";
  if (status === 409 || status >= 500) return again("STORE_FAILED", `${who} answered ${said}`, hint, status !== 501);
  return final("STORE_FAILED", `${who} answered ${said}`, "Check its address, and that it is an S3 service.");
}

/** The service's own word for it, from an XML answer; undefined where there is none. */
export function codeOf({ body }: Pick<S3Answer, "body">): string | undefined {
  return /<Code>([A-Za-z0-9]{1,60})<\/Code>/.exec(Buffer.from(body.subarray(0, 2048)).toString("latin1"))?.[1];
}

function final(code: Parameters<typeof made>[0], message: string, hint: string): Refusal {
  return { retry: false, error: made(code, message, hint, false) };
}

function again(code: Parameters<typeof made>[0], message: string, hint: string, retry = true): Refusal {
  return { retry, error: made(code, message, hint, true) };
}

function made(code: ConstructorParameters<typeof StoreError>[0], message: string, hint: string, retryable: boolean) {
  return new StoreError(code, message, { hint, retryable });
}

function differenceOf({ now }: S3Options, { date }: S3Answer): string {
  if (date === undefined) return "too far from the service's";
  const seconds = Math.round((now() - date) / 1000);
  const amount = Math.abs(seconds) >= 7200 ? `${Math.round(Math.abs(seconds) / 3600)} h` : `${Math.abs(seconds)} s`;
  return `${amount} ${seconds > 0 ? "ahead of" : "behind"} the service's`;
}
