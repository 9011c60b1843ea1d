import { sha256 } from "./digest.ts";
import type { Stored } from "./store.ts";

/** A value whose version is the hash of its bytes, worked out only when somebody asks for it. */
export function stored(bytes: Uint8Array): Stored {
  return {
    bytes,
    get version() {
      return sha256(bytes);
    },
  };
}
