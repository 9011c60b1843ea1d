import { largestValue, StoreError } from "@certwright/core/store";
import type { S3Credentials } from "./credentials/credentials.ts";
import { readBody } from "./read-body.ts";
import { type S3Options, withPrefix } from "./s3-options.ts";
import { signForS3 } from "./s3-signature.ts";

/** What is asked of the service. */
export interface S3Request {
  readonly method: "GET" | "PUT" | "DELETE";
  /** Left out: the bucket itself. */
  readonly key?: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
  readonly signal?: AbortSignal;
}

/** An answer read whole. */
export interface S3Answer {
  readonly status: number;
  readonly etag: string | undefined;
  readonly body: Uint8Array;
  /** When the service sent it, and when it last took what it holds, both by its own clock. Milliseconds since 1970. */
  readonly date: number | undefined;
  readonly modified: number | undefined;
}

/** Bytes: above any value of the store with its seal, and above any page of a listing. */
const largestAnswer = 2 * largestValue + 64 * 1024;
/** Milliseconds for one request. */
export const usualTimeoutMs = 15_000;

/**
 * Sends one signed request, by path (`endpoint/bucket/key`), which every S3-compatible service takes.
 *
 * @throws StoreError for an answer that is too large; what fetch throws
 */
export async function sendOnce(
  options: S3Options,
  credentials: S3Credentials,
  { method, key, query = {}, headers = {}, body, signal }: S3Request,
): Promise<S3Answer> {
  const path = key === undefined ? options.bucket : `${options.bucket}/${withPrefix(options, key)}`;
  const url = new URL(`/${path.split("/").map(encodeURIComponent).join("/")}`, options.endpoint);
  for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
  const signed = signForS3({ method, url, headers, body: undefined }, body, { ...options, credentials });
  const deadline = AbortSignal.timeout(options.timeoutMs ?? usualTimeoutMs);
  const response = await options.fetch(signed.url, {
    method,
    headers: { ...signed.headers },
    redirect: "manual",
    signal: signal === undefined ? deadline : AbortSignal.any([signal, deadline]),
    ...(body === undefined ? {} : { body: Buffer.from(body) }),
  });
  return {
    status: response.status,
    etag: response.headers.get("etag") ?? undefined,
    date: momentOf(response.headers.get("date")),
    modified: momentOf(response.headers.get("last-modified")),
    body: await readBody(response, largestAnswer, () => tooLarge(options)),
  };
}

function tooLarge({ endpoint }: S3Options): StoreError {
  return new StoreError("STORE_FAILED", `the S3 service at ${endpoint} answered with more than the store ever wrote`, {
    hint: "Is it an S3 service at all?",
  });
}

function momentOf(header: string | null): number | undefined {
  const moment = Date.parse(header ?? "");
  return Number.isNaN(moment) ? undefined : moment;
}
