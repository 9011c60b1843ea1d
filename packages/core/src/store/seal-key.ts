import { createHmac } from "node:crypto";
import { StoreError } from "./store-error.ts";

/** A key for sealing values; made by {@link sealKey}. Never printed. */
export interface SealKey {
  /** Tells keys apart without giving anything away: eight bytes. */
  readonly id: Buffer;
  /** AES-256. */
  readonly secret: Buffer;
}

const base64 = /^[A-Za-z0-9+/]{43}=$/;

/**
 * Reads a key of 32 random bytes in base64, as `openssl rand -base64 32` prints it.
 *
 * @throws StoreError `STORE_SEAL_KEY`; the text is not part of it
 */
export function sealKey(text: string): SealKey {
  const trimmed = text.trim();
  if (!base64.test(trimmed)) {
    throw new StoreError("STORE_SEAL_KEY", "the key for encrypting the state is not 32 bytes in base64", {
      hint: "Make one with: openssl rand -base64 32",
    });
  }
  return keyOf(Buffer.from(trimmed, "base64"));
}

function keyOf(secret: Buffer): SealKey {
  return { id: createHmac("sha256", secret).update("certwright seal key id").digest().subarray(0, 8), secret };
}
