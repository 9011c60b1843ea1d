import { hostname } from "node:os";
import type { LeaseHolder } from "@certwright/core/store";

/** What the object of a lease holds: its owner's mark, and the rest for people only. */
export interface Holder extends LeaseHolder {
  readonly id: string;
  /** Only makes the bytes, and so the ETag, another each time. */
  readonly renewed: number;
}

export function encodeHolder(id: string, since: number, renewed: number): Uint8Array {
  return Buffer.from(JSON.stringify({ id, pid: process.pid, host: hostname(), since, renewed } satisfies Holder));
}

/** Undefined where it is none: somebody's rubbish is waited for and taken over like any other. */
export function decodeHolder(body: Uint8Array): Holder | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(body.subarray(0, 4096)).toString("utf8"));
    if (typeof value !== "object" || value === null) return undefined;
    const { id, pid, host, since, renewed } = value as Record<string, unknown>;
    if (typeof id !== "string") return undefined;
    return {
      id,
      renewed: Number(renewed),
      ...(typeof pid === "number" ? { pid } : {}),
      ...(typeof host === "string" ? { host: host.slice(0, 255).replace(/[^\w.-]/g, "?") } : {}),
      ...(typeof since === "number" ? { since } : {}),
    };
  } catch {
    return undefined;
  }
}
