import { largestValue, StoreError } from "@certwright/core/store";
import { sha256Hex, signRequest } from "@certwright/provider";
import { type S3Options, withPrefix } from "./s3-options.ts";

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
const usualTimeoutMs = 15_000;

/**
 * Sends one signed request, by path (`endpoint/bucket/key`), which every S3-compatible service takes.
 *
 * @throws StoreError for an answer that is too large; what fetch throws
 */
export async function sendOnce(
  options: S3Options,
  { method, key, query = {}, headers = {}, body, signal }: S3Request,
): Promise<S3Answer> {
  const path = key === undefined ? options.bucket : `${options.bucket}/${withPrefix(options, key)}`;
  const url = new URL(`/${path.split("/").map(encodeURIComponent).join("/")}`, options.endpoint);
  for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
  const deadline = AbortSignal.timeout(options.timeoutMs ?? usualTimeoutMs);
  const response = await options.fetch(url, {
    method,
    headers: signedHeaders(options, method, url, headers, body),
    redirect: "manual",
    signal: signal === undefined ? deadline : AbortSignal.any([signal, deadline]),
    ...(body === undefined ? {} : { body: Buffer.from(body) }),
  });
  return {
    status: response.status,
    etag: response.headers.get("etag") ?? undefined,
    date: momentOf(response.headers.get("date")),
    modified: momentOf(response.headers.get("last-modified")),
    body: await readBody(response, options),
  };
}

function signedHeaders(
  options: S3Options,
  method: string,
  url: URL,
  headers: Readonly<Record<string, string>>,
  body: Uint8Array | undefined,
): Record<string, string> {
  const payloadHash = sha256Hex(body ?? "");
  const time = new Date(options.now()).toISOString().replace(/[-:]|\.\d{3}/g, "");
  const signed = signRequest(
    { method, url, headers, body: undefined },
    {
      algorithm: "AWS4-HMAC-SHA256",
      keyPrefix: "AWS4",
      accessKey: options.accessKeyId,
      secretKey: options.secretAccessKey,
      time,
      scope: [time.slice(0, 8), options.region, "s3", "aws4_request"],
      path: "plain",
      payloadHash,
      headers: {
        "x-amz-date": time,
        "x-amz-content-sha256": payloadHash,
        ...(options.sessionToken === undefined ? {} : { "x-amz-security-token": options.sessionToken }),
      },
    },
  );
  return { ...signed.headers };
}

async function readBody(response: Response, { endpoint }: S3Options): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body ?? []) {
    size += chunk.length;
    if (size > largestAnswer) {
      throw new StoreError(
        "STORE_FAILED",
        `the S3 service at ${endpoint} answered with more than the store ever wrote`,
        {
          hint: "Is it an S3 service at all?",
        },
      );
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function momentOf(header: string | null): number | undefined {
  const moment = Date.parse(header ?? "");
  return Number.isNaN(moment) ? undefined : moment;
}
