import { readCertificate, type StoredCertificate } from "../store/certificates.ts";
import type { Store } from "../store/store.ts";
import { hasCode } from "../store/store-error.ts";

/**
 * A stored certificate; `undefined` where there is none, or where its files are damaged. Another is then obtained beside
 * it, as a new generation: what is damaged is no reason to let a site go dark. What a newer version wrote is not damaged.
 *
 * @param tell told of the damage
 * @throws StoreError `STORE_NEWER_FORMAT`, and what the store throws
 */
export async function readUndamaged(
  store: Store,
  name: string,
  tell: (damage: Error) => void = () => {},
): Promise<StoredCertificate | undefined> {
  try {
    return await readCertificate(store, name);
  } catch (error) {
    if (!hasCode(error, "STORE_CORRUPT")) throw error;
    tell(error as Error);
    return undefined;
  }
}
