import { StoreError } from "@certwright/core/store";
import { callS3 } from "./s3-client.ts";
import type { S3Options } from "./s3-options.ts";

/** When an object may be put. */
export type PutCondition = "always" | "absent" | { readonly ifEtag: string };

const headersOf = (condition: PutCondition): Record<string, string> => {
  if (condition === "always") return {};
  return condition === "absent" ? { "if-none-match": "*" } : { "if-match": condition.ifEtag };
};

/**
 * Puts an object. The new ETag, or undefined where the condition was not met.
 *
 * @throws StoreError
 */
export async function putObject(
  options: S3Options,
  key: string,
  body: Uint8Array,
  condition: PutCondition,
  signal?: AbortSignal,
): Promise<string | undefined> {
  const sent = signal === undefined ? {} : { signal };
  const answer = await callS3(options, { method: "PUT", key, body, headers: headersOf(condition), ...sent });
  if (answer.status === 200) return etagOf(answer);
  if (answer.attempts === 1) return undefined;
  // The first try may have gone through and only its answer been lost: then the condition it met is met no more.
  const found = await callS3(options, { method: "GET", key, ...sent });
  return found.status === 200 && Buffer.from(found.body).equals(body) ? etagOf(found) : undefined;
}

/** The ETag that every answer about an object must have. @throws StoreError `STORE_NOT_CONDITIONAL` */
export function etagOf({ etag }: { readonly etag: string | undefined }): string {
  if (etag !== undefined && etag !== "") return etag;
  throw new StoreError("STORE_NOT_CONDITIONAL", "the S3 service gives no ETag, so nothing can be written safely", {
    hint: "Use a service that gives ETags and honours If-Match.",
  });
}
