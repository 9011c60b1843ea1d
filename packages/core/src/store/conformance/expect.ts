import assert from "node:assert/strict";
import type { StoreErrorCode } from "../error-codes.ts";
import type { Store } from "../store.ts";

export const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

/** The text of a value, or `undefined`. */
export async function textAt(store: Store, key: string): Promise<string | undefined> {
  const value = await store.read(key);
  return value === undefined ? undefined : new TextDecoder().decode(value.bytes);
}

/** The version of a value that must be there. */
export async function versionAt(store: Store, key: string): Promise<string> {
  const value = await store.read(key);
  assert.ok(value, `${key} has a value`);
  return value.version;
}

/** Demands that a promise rejects with this code. */
export async function refused(promise: Promise<unknown>, code: StoreErrorCode, what: string): Promise<void> {
  const [outcome] = await Promise.allSettled([promise]);
  assert.equal(outcome.status, "rejected", `${what} is refused`);
  const reason = outcome.status === "rejected" ? (outcome.reason as { code?: unknown; hint?: unknown }) : {};
  assert.equal(reason.code, code, `${what} is refused with ${code}`);
  assert.equal(typeof reason.hint, "string", `${what} is refused with a hint`);
}
