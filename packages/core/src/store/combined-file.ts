import type { StoredCertificate } from "./certificates.ts";
import { generationKey } from "./generations.ts";
import type { Store } from "./store.ts";

/** The file of chain and key together, for programs that want one file. Nothing of ours reads it. */
export const combinedFile = "haproxy.pem";

/**
 * Makes the combined file anew where it is not what chain and key are together. Says whether it was damaged.
 *
 * @param dryRun only look
 */
export async function mendCombined(
  store: Store,
  { meta, fullchainPem, keyPem }: StoredCertificate,
  dryRun: boolean,
): Promise<boolean> {
  if (keyPem === undefined) return false;
  const key = generationKey(meta.name, meta.generation, combinedFile);
  const wanted = Buffer.from(fullchainPem + keyPem);
  const value = await store.read(key);
  if (value !== undefined && wanted.equals(value.bytes)) return false;
  if (!dryRun) await store.write(key, wanted, { secret: true });
  return true;
}
