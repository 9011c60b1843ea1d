import type { AcmeRequest } from "@certwright/tools/servers";

/**
 * Requests as if each order were looked at once until it is ready, and once until it is valid: how often it has to be is up
 * to the machine, and Pebble may have the certificate by the time it answers the finalization.
 */
export function oneLookEach<T extends AcmeRequest>(requests: readonly T[]): readonly T[] {
  const lookedAt = new Set<string>();
  return requests.flatMap((request) => {
    const [, what, id = ""] = /^\/(my-order|finalize-order)\/(.+)$/.exec(request.path) ?? [];
    if (what === undefined) return [request];
    const isRepeated = lookedAt.has(id);
    lookedAt.add(id);
    if (what === "finalize-order") return [request, { ...request, path: `/my-order/${id}` }];
    return isRepeated ? [] : [request];
  });
}

/**
 * Whether Pebble finds the order of a certificate that another replaces. It does not where DER writes a zero byte before the
 * serial number (hex), as before one in 256 of Pebble's: such an order is answered with 500.
 */
export const canBeReplaced = (serial: string): boolean => !/^[89a-f]/i.test(serial);
