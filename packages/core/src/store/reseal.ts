import { eachKey } from "./each-key.ts";
import { isPointer, isSealedWith, type SealKeys, seal, unseal } from "./seal.ts";
import type { Store } from "./store.ts";
import { hasCode } from "./store-error.ts";

/** What came of it, in values. */
export interface Resealed {
  readonly looked: number;
  readonly resealed: number;
}

/**
 * Seals anew, with the current key, whatever was sealed with a former one. Others may work on the state meanwhile; it may be
 * cut off at any moment and begun again.
 *
 * @param below the store as it is, sealed values and all
 * @throws StoreError `STORE_WRONG_SEAL_KEY` for a value none of the keys opens, and what the store throws
 */
export async function reseal(below: Store, keys: SealKeys): Promise<Resealed> {
  let [looked, resealed] = [0, 0];
  await eachKey(below, async (key) => {
    looked += 1;
    for (;;) {
      const value = await below.read(key);
      if (value === undefined || isPointer(value.bytes) || isSealedWith(value.bytes, keys.current)) return;
      const bytes = seal(key, unseal(key, value.bytes, keys), keys.current);
      try {
        await below.write(key, bytes, { ifVersion: value.version });
        resealed += 1;
        return;
      } catch (error) {
        if (!hasCode(error, "STORE_CONFLICT")) throw error;
      }
    }
  });
  return { looked, resealed };
}
