import { isSegment } from "./names.ts";
import { largestValue } from "./store.ts";
import { StoreError } from "./store-error.ts";

/** What sealing adds to a value, and some. */
const roomForSeal = 1024;

/** @throws StoreError `STORE_TOO_LARGE` */
export function checkSize(key: string, size: number): void {
  if (size <= largestValue + roomForSeal) return;
  throw new StoreError("STORE_TOO_LARGE", `${key} would have ${size} bytes; a value may have ${largestValue}`, {
    key,
    hint: "Please report this as a fault of Certwright or of the plugin that was running.",
  });
}

/** @throws StoreError `STORE_BAD_KEY` */
export function checkTarget(key: string, target: string): void {
  if (isSegment(target)) return;
  throw new StoreError("STORE_BAD_KEY", `${key} cannot point to ${JSON.stringify(target.slice(0, 80))}`, {
    key,
    hint: "A pointer names a neighbour in its own folder. Please report this as a fault of Certwright.",
  });
}

/** The error for an `ifVersion` that was not met. */
export function conflict(key: string, ifVersion: string | null): StoreError {
  const what = ifVersion === null ? "exists already" : "was changed or removed by another run";
  return new StoreError("STORE_CONFLICT", `${key} ${what}; nothing was written`, {
    key,
    hint: "Run again; what the other run did will be taken into account.",
    retryable: true,
  });
}
