import { randomUUID } from "node:crypto";
import type { Store } from "./store.ts";
import { hasCode, StoreError } from "./store-error.ts";

/**
 * Tries all that a run needs of its state: a lease, a write, reading it back, writes refused whose condition is not met, a
 * removal. Leaves nothing behind.
 *
 * @throws StoreError of what failed
 */
export async function tryStore(store: Store, signal: AbortSignal): Promise<void> {
  const key = `doctor/${randomUUID()}`;
  await using _lease = await store.lease(key, { signal });
  try {
    const first = await store.write(key, Buffer.from("first"), { ifVersion: null });
    await refused(store, () => store.write(key, Buffer.from("other"), { ifVersion: null }));
    const second = await store.write(key, Buffer.from("second"), { ifVersion: first });
    await refused(store, () => store.write(key, Buffer.from("other"), { ifVersion: first }));
    const found = await store.read(key);
    if (found?.version === second && Buffer.from(found.bytes).toString() === "second") return;
    throw new StoreError("STORE_FAILED", `the state at ${store.locate("")} does not give back what was written`, {
      hint: "A cache in between, or a service that is not consistent, cannot be used for state.",
    });
  } finally {
    await store.remove(key).catch(() => undefined);
  }
}

async function refused(store: Store, write: () => Promise<unknown>): Promise<void> {
  try {
    await write();
  } catch (error) {
    if (hasCode(error, "STORE_CONFLICT")) return;
    throw error;
  }
  throw new StoreError("STORE_NOT_CONDITIONAL", `the state at ${store.locate("")} takes writes that it must refuse`, {
    hint: "Two runs would undo each other's work there. Use another place.",
  });
}
