import type { Bundle } from "../certificate/pem.ts";
import { planRequests } from "../certificate/refusals.ts";
import { HaproxyError } from "../errors.ts";

/** What the API puts around a request it passes on to HAProxy. */
const heads = ["", "@1 ", "set severity-output number;", "set severity-output number;@1 "];
const tails = ["", ";quit\n"];
const around = heads.flatMap((head) => tails.map((tail) => head + tail));

/** What is known of the HAProxy behind an API. */
export interface BehindApi {
  readonly node: string;
  readonly version: string;
  /** `tune.bufsize`, where the configuration that the API reads says it. */
  readonly bufferSize?: number;
}

/**
 * Refuses what cannot go through an API to HAProxy: it sends certificate and key in one request, which cannot be split.
 *
 * @throws HaproxyError HAPROXY_BUFFER_TOO_SMALL, HAPROXY_DANGEROUS_SIZE
 */
export function refuseSize(bundle: Bundle, name: string, { node, version, bufferSize }: BehindApi): void {
  // Before 3.0 a request that is too large is dropped without a word; later versions say so themselves.
  const assumed = bufferSize ?? (Number.parseFloat(version) < 3 ? 16_384 : Number.POSITIVE_INFINITY);
  const longest = Math.max(...around.map(({ length }) => length));
  for (const prefix of around) {
    const limits = { bufferSize: assumed - longest, version, prefix };
    if (planRequests(bundle, { node, name }, limits).length === 1) continue;
    throw new HaproxyError("HAPROXY_BUFFER_TOO_SMALL", `${name} cannot be sent to ${node} in one request.`, {
      node,
      certificate: name,
      hint: "The Data Plane API cannot split it. Raise tune.bufsize and restart HAProxy, or allow a reload with reload=yes.",
    });
  }
}
