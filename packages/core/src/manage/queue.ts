import type { Refusal } from "./limit-error.ts";
import { createRanks, type Ranks } from "./ranks.ts";

/** Those that wait for the same limit, first come, first served, so that not all of them come back for one free slot. */
export interface Queue {
  /** Takes or keeps the place of a certificate that was refused; says when to come back. Milliseconds since 1970. */
  wait(certificate: string, refusal: Refusal): number;
  /** It waits no longer. */
  leave(certificate: string): void;
}

export function createQueue(): Queue {
  const queues = new Map<string, Ranks>();
  const places = new Map<string, { readonly key: string; readonly order: number }>();
  let came = 0;
  const leave = (certificate: string): void => {
    const { key } = places.get(certificate) ?? { key: "" };
    const queue = queues.get(key);
    places.delete(certificate);
    queue?.remove(certificate);
    if (queue?.size === 0) queues.delete(key);
  };
  return {
    wait: (certificate, { at, queue }) => {
      if (places.get(certificate)?.key !== queue?.key) leave(certificate);
      if (queue === undefined) return at;
      const { key, eachMs } = queue;
      came += 1;
      const { order } = places.get(certificate) ?? { order: came };
      places.set(certificate, { key, order });
      const waiting = queues.get(key) ?? createRanks();
      queues.set(key, waiting);
      return at + waiting.place(certificate, order) * eachMs;
    },
    leave,
  };
}
