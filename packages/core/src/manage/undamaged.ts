import { locateCertificate, readCertificate, type StoredCertificate } from "../store/certificates.ts";
import { combinedFile, mendCombined } from "../store/combined-file.ts";
import type { Store } from "../store/store.ts";
import { type TellDamage, unlessDamaged } from "../store/unless-damaged.ts";
import { toldOf } from "../told-of.ts";
import type { Run } from "./parts.ts";

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

/** Makes anew what is made of a certificate's other files, and tells of it: damage there is no reason for another certificate. */
export async function mendMade(stored: StoredCertificate, dryRun: boolean, { store, world }: Run): Promise<void> {
  const { name: certificate, generation } = stored.meta;
  try {
    if (!(await mendCombined(store, stored, dryRun))) return;
    const path = locateCertificate(store, certificate, combinedFile, generation);
    const message = `${path} is not chain and key together; it ${dryRun ? "would be" : "was"} made anew`;
    world.emit({ type: "warning", code: "CERTIFICATE_DAMAGED", certificate, message });
  } catch (cause) {
    world.signal.throwIfAborted();
    world.emit({ type: "warning", certificate, ...toldOf(cause) });
  }
}
