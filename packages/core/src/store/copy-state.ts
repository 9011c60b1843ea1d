import { eachKey } from "./each-key.ts";
import type { Store } from "./store.ts";
import { StoreError } from "./store-error.ts";

/** Pointers come last: a certificate is one only once it is whole. */
const isPointerKey = (key: string): boolean => /^certificates\/[^/]+\/current$/.test(key);
/** What a run that died has left is swept where it happened; elsewhere its journal would be swept a second time. */
const staysBehind = (key: string): boolean => key.startsWith("journal/") || key === "seal-check";

/**
 * Copies state to an empty place, where it is sealed as that place seals. No run may work on either meanwhile.
 *
 * @returns how many values
 * @throws StoreError `STORE_NOT_EMPTY`, and what the stores throw
 */
export async function copyState(from: Store, to: Store): Promise<number> {
  if ((await to.list("")).length > 0) {
    throw new StoreError("STORE_NOT_EMPTY", `there is state at ${to.locate("")} already`, {
      hint: "Copy to an empty place; what is there may be newer.",
    });
  }
  const pointers: string[] = [];
  let copied = 0;
  await eachKey(from, async (key) => {
    if (staysBehind(key)) return;
    if (isPointerKey(key)) {
      pointers.push(key);
      return;
    }
    const value = await from.read(key);
    if (value === undefined) return;
    await to.write(key, value.bytes, { ifVersion: null, secret: key.endsWith(".pem") });
    copied += 1;
  });
  for (const key of pointers) {
    const target = await from.read(key);
    if (target === undefined) continue;
    await to.point(key, Buffer.from(target.bytes).toString("latin1"), { ifVersion: null });
    copied += 1;
  }
  return copied;
}
