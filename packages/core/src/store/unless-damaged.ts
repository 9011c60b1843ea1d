import { hasCode, type StoreError } from "./store-error.ts";

/** Told of stored values that cannot be understood. */
export type TellDamage = (damage: StoreError) => void;

/**
 * What is read, or `undefined` where it is damaged, which is told: for what can be made anew. Without somebody to tell it is
 * thrown, as is what a newer version wrote, which is not damaged.
 */
export async function unlessDamaged<T>(reading: Promise<T>, tell: TellDamage | undefined): Promise<T | undefined> {
  try {
    return await reading;
  } catch (error) {
    if (tell === undefined || !hasCode(error, "STORE_CORRUPT")) throw error;
    tell(error as StoreError);
    return undefined;
  }
}
