import { randomUUID } from "node:crypto";
import { hmac, type OutgoingRequest, sha256Hex } from "@certwright/provider";
import type { EdgeGridKey } from "./edgerc.ts";

/** Only the body of a POST is signed, and of a longer one only so much, in bytes. */
const signedBody = 131_072;

/**
 * Signs a request by EdgeGrid, EG1-HMAC-SHA256 (https://techdocs.akamai.com/developer/docs/edgegrid).
 *
 * @param now Milliseconds since 1970; Akamai accepts 30 seconds to both sides.
 * @param nonce Makes each request another; default a random one.
 */
export function signEdgeGrid(
  request: OutgoingRequest,
  { clientToken, clientSecret, accessToken }: Omit<EdgeGridKey, "host">,
  now: number,
  nonce: string = randomUUID(),
): OutgoingRequest {
  const { method, url, body } = request;
  const time = `${new Date(now).toISOString().slice(0, 19).replaceAll("-", "")}+0000`;
  const head = `EG1-HMAC-SHA256 client_token=${clientToken};access_token=${accessToken};timestamp=${time};nonce=${nonce};`;
  const isHashed = method === "POST" && body !== undefined && body !== "";
  const bytes = Buffer.from(body ?? "", "utf8").subarray(0, signedBody);
  const bodyHash = isHashed ? Buffer.from(sha256Hex(bytes), "hex").toString("base64") : "";
  // No header is signed, so the place of the headers is empty.
  const toSign = [method, url.protocol.slice(0, -1), url.host, url.pathname + url.search, "", bodyHash, head].join(
    "\t",
  );
  const key = hmac("sha256", clientSecret, time).toString("base64");
  const signature = hmac("sha256", key, toSign).toString("base64");
  return { ...request, headers: { ...request.headers, authorization: `${head}signature=${signature}` } };
}
