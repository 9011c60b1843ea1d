import { StoreError } from "@certwright/core/store";
import type { S3Options } from "./s3-options.ts";
import { type Refusal, refusalOf } from "./s3-refusals.ts";
import { type S3Answer, type S3Request, sendOnce } from "./s3-request.ts";

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
 * conditions.
 *
 * @throws StoreError; 404 and 412 are answers
 */
export async function callS3(options: S3Options, request: S3Request): Promise<S3Outcome> {
  for (let attempts = 1; ; attempts += 1) {
    const result = await sendOnce(options, request).catch((cause: unknown) => {
      request.signal?.throwIfAborted();
      if (cause instanceof StoreError) throw cause;
      return unreachable(options, cause);
    });
    const refusal = "error" in result ? result : refusalOf(options, result);
    if (refusal === undefined && "status" in result) return { ...result, attempts };
    if (refusal === undefined || !refusal.retry || attempts === tries) throw refusal?.error;
    await pauseBetween(options, attempts, request.signal);
  }
}

/** Longer from try to try, and never the same for two who were refused together. */
async function pauseBetween({ retryMs = usualRetryMs, random }: S3Options, attempts: number, signal?: AbortSignal) {
  await new Promise((resolve) => setTimeout(resolve, retryMs * 2 ** (attempts - 1) * (0.5 + random() / 2)));
  signal?.throwIfAborted();
}

function unreachable({ endpoint }: S3Options, cause: unknown): Refusal {
  const inner = cause instanceof Error && cause.cause instanceof Error ? cause.cause : cause;
  const why = inner instanceof Error ? inner.message : String(inner);
  return {
    retry: true,
    error: new StoreError("STORE_UNREACHABLE", `the S3 service at ${endpoint} cannot be reached: ${why}`, {
      hint: "Check the address and the network. Nothing was half-written: run again once it answers.",
      retryable: true,
      cause,
    }),
  };
}
