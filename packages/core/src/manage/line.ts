import type { Refusal } from "./limit-error.ts";
import { createRanks, type Ranks } from "./ranks.ts";

/** Those that wait for the same limit, first come, first served, so that not all of them come back for one free slot. */
export interface Line {
  /** Takes or keeps the place of a certificate that was refused; says when to come back. Milliseconds since 1970. */
  wait(certificate: string, refusal: Refusal): number;
  /** It waits no longer. */
  leave(certificate: string): void;
}

export function createLine(): Line {
  const lines = new Map<string, Ranks>();
  const places = new Map<string, { readonly key: string; readonly order: number }>();
  let came = 0;
  const leave = (certificate: string): void => {
    const { key } = places.get(certificate) ?? { key: "" };
    const line = lines.get(key);
    places.delete(certificate);
    line?.remove(certificate);
    if (line?.size === 0) lines.delete(key);
  };
  return {
    wait: (certificate, { at, line }) => {
      if (places.get(certificate)?.key !== line?.key) leave(certificate);
      if (line === undefined) return at;
      const { key, eachMs } = line;
      came += 1;
      const { order } = places.get(certificate) ?? { order: came };
      places.set(certificate, { key, order });
      const waiting = lines.get(key) ?? createRanks();
      lines.set(key, waiting);
      return at + waiting.place(certificate, order) * eachMs;
    },
    leave,
  };
}
