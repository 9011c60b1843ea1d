import { readCertificate, type StoredCertificate } from "../store/certificates.ts";
import type { Store } from "../store/store.ts";
import { type TellDamage, unlessDamaged } from "../store/unless-damaged.ts";

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
  tell: TellDamage = () => {},
): Promise<StoredCertificate | undefined> {
  return await unlessDamaged(readCertificate(store, name), tell);
}
