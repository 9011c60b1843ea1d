import type { Refusal } from "./limit-error.ts";

/** Those that wait for the same limit, first come, first served, so that not all of them come back for one free slot. */
export interface Line {
  /** Takes or keeps the place of a certificate that was refused; says when to come back. Milliseconds since 1970. */
  wait(certificate: string, refusal: Refusal): number;
  /** It waits no longer. */
  leave(certificate: string): void;
}

export function createLine(): Line {
  const lines = new Map<string, Set<string>>();
  const places = new Map<string, string>();
  const leave = (certificate: string): void => {
    const key = places.get(certificate) ?? "";
    places.delete(certificate);
    lines.get(key)?.delete(certificate);
    if (lines.get(key)?.size === 0) lines.delete(key);
  };
  return {
    wait: (certificate, { at, line }) => {
      if (places.get(certificate) !== line?.key) leave(certificate);
      if (line === undefined) return at;
      const waiting = lines.get(line.key) ?? new Set();
      lines.set(line.key, waiting.add(certificate));
      places.set(certificate, line.key);
      return at + [...waiting].indexOf(certificate) * line.eachMs;
    },
    leave,
  };
}
