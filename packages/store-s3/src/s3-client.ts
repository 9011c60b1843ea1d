import { largestValue, StoreError } from "@certwright/core/store";
import { sha256Hex, signRequest } from "@certwright/provider";

/** One bucket, and how to get at it. */
export interface S3Options {
  /** `https://s3.eu-central-1.amazonaws.com`, or the address of any service that speaks its language. */
  readonly endpoint: string;
  readonly region: string;
  readonly bucket: string;
  /** In front of every key, without a slash at its end. Default: none. */
  readonly prefix?: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** Of temporary credentials. */
  readonly sessionToken?: string;
  readonly fetch: typeof globalThis.fetch;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Milliseconds one request may take. Default 15 000. */
  readonly timeoutMs?: number;
}

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
}

/** Bytes: above any value of the store with its seal, and above any page of a listing. */
const largestAnswer = largestValue + 64 * 1024;
const tries = 4;

/**
 * Sends one signed request, by path (`endpoint/bucket/key`), which every S3-compatible service takes. Tries again after
 * failures that leave nothing half-done: puts and deletes carry their own conditions.
 *
 * @throws StoreError `STORE_FORBIDDEN`, `STORE_FAILED`; 404 and 412 are answers
 */
export async function callS3(options: S3Options, request: S3Request): Promise<S3Answer> {
  for (let attempt = 1; ; attempt += 1) {
    const result = await callOnce(options, request).catch((cause: unknown) => {
      request.signal?.throwIfAborted();
      if (cause instanceof StoreError) return cause;
      return failed(
        options,
        `it cannot be reached (${cause instanceof Error ? (cause.cause instanceof Error ? cause.cause.message : cause.message) : String(cause)})`,
        cause,
      );
    });
    if (!(result instanceof StoreError)) return result;
    if (!result.retryable || attempt === tries) throw result;
    await new Promise((resolve) => setTimeout(resolve, 100 * 2 ** attempt));
    request.signal?.throwIfAborted();
  }
}

async function callOnce(
  options: S3Options,
  { method, key, query = {}, headers = {}, body, signal }: S3Request,
): Promise<S3Answer | StoreError> {
  const path = [
    options.bucket,
    ...(key === undefined ? [] : [options.prefix, key].filter((part) => part !== undefined && part !== "")),
  ];
  const url = new URL(`/${path.join("/").split("/").map(encodeURIComponent).join("/")}`, options.endpoint);
  for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
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
  const deadline = AbortSignal.timeout(options.timeoutMs ?? 15_000);
  const response = await options.fetch(signed.url, {
    method,
    headers: signed.headers,
    redirect: "error",
    signal: signal === undefined ? deadline : AbortSignal.any([signal, deadline]),
    ...(body === undefined ? {} : { body: Buffer.from(body) }),
  });
  const answer = {
    status: response.status,
    etag: response.headers.get("etag") ?? undefined,
    body: await readBody(response, options),
  };
  return refusal(options, answer) ?? answer;
}

async function readBody(response: Response, options: S3Options): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body ?? []) {
    size += chunk.length;
    if (size > largestAnswer)
      throw failed(options, `it answered with more than ${largestAnswer} bytes`, undefined, false);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function refusal(options: S3Options, { status, body }: S3Answer): StoreError | undefined {
  const said = /<Code>([A-Za-z0-9]{1,60})<\/Code>/.exec(Buffer.from(body.subarray(0, 2048)).toString("latin1"))?.[1];
  if (status === 401 || status === 403) {
    return new StoreError(
      "STORE_FORBIDDEN",
      `the S3 service at ${options.endpoint} refuses access to the bucket ${options.bucket} (${said ?? status})`,
      {
        hint: "The credential needs s3:ListBucket on the bucket, and s3:GetObject, s3:PutObject and s3:DeleteObject on what is in it. Check this machine's clock too.",
      },
    );
  }
  if (said === "NoSuchBucket") {
    return new StoreError("STORE_FAILED", `there is no bucket ${options.bucket} at ${options.endpoint}`, {
      hint: "Make the bucket first, or correct its name.",
    });
  }
  if (status === 200 || status === 204 || status === 404 || status === 412) return undefined;
  return failed(
    options,
    `it answered ${status}${said === undefined ? "" : ` (${said})`}`,
    undefined,
    status === 409 || status === 429 || status >= 500,
  );
}

function failed(options: S3Options, what: string, cause?: unknown, retryable = true): StoreError {
  return new StoreError("STORE_FAILED", `the S3 service at ${options.endpoint}: ${what}`, {
    hint: "Nothing was half-written. Run again once the service answers.",
    retryable,
    ...(cause === undefined ? {} : { cause }),
  });
}
