import type { AcmeRequest } from "@certwright/tools/servers";

/**
 * Requests without their repetitions while the CA takes its time: how often an order has to be looked at, until it is ready
 * and until it is valid, is up to the machine.
 */
export function oneLookEach<T extends AcmeRequest>(requests: readonly T[]): readonly T[] {
  const lookedAt = new Set<string>();
  return requests.filter(({ path }) => {
    const [, what, id = ""] = /^\/(my-order|finalize-order)\/(.+)$/.exec(path) ?? [];
    if (what === "finalize-order") lookedAt.delete(id);
    if (what !== "my-order") return true;
    const isFirst = !lookedAt.has(id);
    lookedAt.add(id);
    return isFirst;
  });
}
