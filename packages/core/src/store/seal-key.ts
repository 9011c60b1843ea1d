import { createHmac, randomBytes, scrypt } from "node:crypto";
import { count, pattern, shape } from "./codec.ts";
import { type DocumentKind, decodeDocument, encodeDocument } from "./document.ts";
import type { Store } from "./store.ts";
import { hasCode, StoreError } from "./store-error.ts";

/** A key for sealing values; make it with {@link sealKey} or {@link sealKeyFromPassphrase}. Never printed. */
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

/** How a passphrase becomes a key; not secret, stored beside what it opens. */
interface PassphraseParameters {
  /** Binary logarithm of scrypt's cost. */
  readonly costLog2: number;
  readonly salt: string;
}

const parametersKey = "seal.json";
const parametersDocument: DocumentKind<PassphraseParameters> = {
  format: 1,
  codec: shape<PassphraseParameters>({ costLog2: count, salt: pattern(/^[0-9a-f]{32}$/, "16 bytes in hex") }),
};
const costLog2 = 17;
/** More would be a way to make this program run out of memory. */
const highestCostLog2 = 20;
const shortestPassphrase = 12;

/**
 * Makes a key from a passphrase by scrypt (RFC 7914), with a salt that is stored in the state, unsealed, at first use.
 *
 * @throws StoreError `STORE_SEAL_KEY`, and what the store throws
 */
export async function sealKeyFromPassphrase(passphrase: string, store: Store): Promise<SealKey> {
  if (passphrase.length < shortestPassphrase) {
    throw new StoreError(
      "STORE_SEAL_KEY",
      `the passphrase for the state has fewer than ${shortestPassphrase} characters`,
      {
        hint: "Choose a longer one, or a random key: openssl rand -base64 32",
      },
    );
  }
  const parameters = await readParameters(store);
  if (parameters.costLog2 < costLog2 || parameters.costLog2 > highestCostLog2) {
    throw new StoreError("STORE_SEAL_KEY", `${parametersKey} in the state asks for a cost nobody chose`, {
      key: parametersKey,
      hint: "Somebody changed it. Restore it from a backup.",
    });
  }
  return keyOf(await stretch(passphrase, parameters));
}

async function readParameters(store: Store): Promise<PassphraseParameters> {
  for (;;) {
    const value = await store.read(parametersKey);
    if (value !== undefined) return decodeDocument(parametersDocument, parametersKey, value.bytes);
    const fresh: PassphraseParameters = { costLog2, salt: randomBytes(16).toString("hex") };
    try {
      await store.write(parametersKey, encodeDocument(parametersDocument, fresh), { ifVersion: null });
      return fresh;
    } catch (error) {
      // Another run was first; its salt counts.
      if (!hasCode(error, "STORE_CONFLICT")) throw error;
    }
  }
}

function stretch(passphrase: string, { costLog2: log2, salt }: PassphraseParameters): Promise<Buffer> {
  const cost = 2 ** log2;
  const options = { cost, blockSize: 8, parallelization: 1, maxmem: 256 * cost * 8 };
  return new Promise((resolve, reject) => {
    scrypt(passphrase.normalize("NFC"), Buffer.from(salt, "hex"), 32, options, (error, key) =>
      error === null ? resolve(key) : reject(error),
    );
  });
}

function keyOf(secret: Buffer): SealKey {
  return { id: createHmac("sha256", secret).update("certwright seal key id").digest().subarray(0, 8), secret };
}
