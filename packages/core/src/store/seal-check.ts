import { type SealKeys, seal, sealedStore, unseal } from "./seal.ts";
import type { Store } from "./store.ts";
import { hasCode, StoreError } from "./store-error.ts";

const checkKey = "seal-check";
const content = "certwright";

/**
 * Opens state that is sealed, or that is in the clear where no keys are given, and finds out first whether it is the one or
 * the other, and whether the key is the right one: a run with another key would leave state nobody can read whole.
 *
 * One read; the mark by which a key is known is written with the first change.
 *
 * @throws StoreError `STORE_SEAL_KEY`, `STORE_WRONG_SEAL_KEY`, and what the store throws
 */
export async function openSealed(below: Store, keys: SealKeys | undefined): Promise<Store> {
  const mark = await below.read(checkKey);
  if (keys === undefined) {
    if (mark === undefined) return below;
    throw new StoreError("STORE_SEAL_KEY", `the state at ${below.locate("")} is encrypted, and no key is given`, {
      hint: "Give the key: state.encryptionKey in the configuration, or CERTWRIGHT_STATE_KEY or CERTWRIGHT_STATE_KEY_FILE.",
    });
  }
  if (mark !== undefined) {
    unseal(checkKey, mark.bytes, keys);
    return sealedStore(below, keys);
  }
  if ((await below.list("")).length > 0) {
    throw new StoreError("STORE_SEAL_KEY", `the state at ${below.locate("")} is not encrypted, and a key is given`, {
      hint: "Choose another prefix and move it there, encrypted: certwright state copy. Or leave the key out.",
    });
  }
  return marking(below, keys);
}

/** Before its first change the state is marked as sealed with this key; who comes second with another one is refused. */
function marking(below: Store, keys: SealKeys): Store {
  const store = sealedStore(below, keys);
  let marked: Promise<void> | undefined;
  const mark = async (): Promise<void> => {
    try {
      await below.write(checkKey, seal(checkKey, Buffer.from(content), keys.current), { ifVersion: null });
    } catch (error) {
      if (!hasCode(error, "STORE_CONFLICT")) throw error;
      const found = await below.read(checkKey);
      if (found !== undefined) unseal(checkKey, found.bytes, keys);
    }
  };
  const once = (): Promise<void> => {
    marked ??= mark().catch((error: unknown) => {
      marked = undefined;
      throw error;
    });
    return marked;
  };
  return {
    ...store,
    write: async (...given) => {
      await once();
      return await store.write(...given);
    },
    append: async (...given) => {
      await once();
      await store.append(...given);
    },
    point: async (...given) => {
      await once();
      return await store.point(...given);
    },
  };
}
