import { type OutgoingRequest, sha256Hex, signRequest } from "@certwright/provider";
import type { S3Credentials } from "./credentials/credentials.ts";

/** Who signs, where it holds, and when. */
export interface S3Signer {
  readonly credentials: S3Credentials;
  readonly region: string;
  readonly now: () => number;
}

/**
 * Signs a request by Signature Version 4 as S3 wants it: the path encoded once, the hash of the body in a header, and every
 * header signed, so that nobody under way can take a condition from a write.
 */
export function signForS3(
  request: OutgoingRequest,
  body: Uint8Array | undefined,
  { credentials, region, now }: S3Signer,
): OutgoingRequest {
  const { accessKeyId, secretAccessKey, sessionToken } = credentials;
  const payloadHash = sha256Hex(body ?? "");
  const time = new Date(now()).toISOString().replace(/[-:]|\.\d{3}/g, "");
  return signRequest(request, {
    algorithm: "AWS4-HMAC-SHA256",
    keyPrefix: "AWS4",
    accessKey: accessKeyId,
    secretKey: secretAccessKey,
    time,
    scope: [time.slice(0, 8), region, "s3", "aws4_request"],
    path: "plain",
    payloadHash,
    signs: () => true,
    headers: {
      "x-amz-date": time,
      "x-amz-content-sha256": payloadHash,
      ...(sessionToken === undefined ? {} : { "x-amz-security-token": sessionToken }),
    },
  });
}
