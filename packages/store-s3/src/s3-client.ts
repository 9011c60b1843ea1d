import { pause, StoreError } from "@certwright/core/store";
import type { S3Credentials } from "./credentials/credentials.ts";
import type { S3Options } from "./s3-options.ts";
import { type Refusal, refusalOf } from "./s3-refusals.ts";
import { type S3Answer, type S3Request, sendOnce } from "./s3-request.ts";
import { unreachable } from "./unreachable.ts";

/** One try and five more: a service that is away or busy for six seconds is waited for. */
const tries = 6;
const usualRetryMs = 200;

/** An answer, and how it came. */
export interface S3Outcome extends S3Answer {
  /** Requests sent until it came. After more than one, an earlier one may have been carried out unheard. */
  readonly attempts: number;
}

/**
 * Sends one signed request. Tries again after failures that leave nothing half-done: puts and deletes carry their own
 * conditions. Credentials that are refused are tried again only as others.
 *
 * @throws StoreError; 404 and 412 are answers
 */
export async function callS3(options: S3Options, request: S3Request): Promise<S3Outcome> {
  let refused: S3Credentials | undefined;
  for (let attempts = 1; ; attempts += 1) {
    const credentials = await options.credentials(refused);
    const result = await sendOnce(options, credentials, request).catch((cause: unknown) => {
      request.signal?.throwIfAborted();
      if (cause instanceof StoreError) throw cause;
      return away(options, cause);
    });
    const refusal = "error" in result ? result : refusalOf(options, result);
    if (refusal === undefined && "status" in result) return { ...result, attempts };
    if (refusal?.error.code === "STORE_BAD_CREDENTIALS" && refused === undefined) {
      refused = credentials;
      if (!isSame(refused, await options.credentials(refused))) continue;
    }
    if (refusal === undefined || !refusal.retry || attempts === tries) throw refusal?.error;
    await pauseBetween(options, attempts, request.signal);
  }
}

function isSame(one: S3Credentials, other: S3Credentials): boolean {
  return one.secretAccessKey === other.secretAccessKey && one.sessionToken === other.sessionToken;
}

/** Longer from try to try, and never the same for two who were refused together. */
async function pauseBetween({ retryMs = usualRetryMs, random }: S3Options, attempts: number, signal?: AbortSignal) {
  await pause(retryMs * 2 ** (attempts - 1) * (0.5 + random() / 2), signal);
}

function away({ endpoint }: S3Options, cause: unknown): Refusal {
  const hint = "Check the address and the network. Nothing was half-written: run again once it answers.";
  return { retry: true, error: unreachable(`the S3 service at ${endpoint}`, hint, cause) };
}
