import assert from "node:assert/strict";
import { isCertwrightError } from "@certwright/provider";

/** Longest real time an operation may take before the kit gives up on it: it only ends what hangs, for a machine may be busy. */
const patience = 60_000;

/** The result of a promise that must settle. Everything virtual takes no time, so a wait this long is a hang. */
export async function settled<T>(promise: Promise<T>, what: string, milliseconds = patience): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what} did not come to an end`)), milliseconds);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** What a promise was rejected with; fails when it was fulfilled or never settled. */
export async function failure(promise: Promise<unknown>, what: string): Promise<unknown> {
  let error: unknown;
  try {
    await settled(promise, what);
  } catch (caught) {
    error = caught;
  }
  assert.notEqual(error, undefined, `${what} succeeded, but must fail`);
  return error;
}

/** The ways an error may be named; fails for one that is no typed error or has another code. */
export function assertCode(error: unknown, codes: readonly string[], what: string) {
  if (!isCertwrightError(error)) {
    throw new Error(`${what} must fail with a typed error (${codes.join(" or ")})`, { cause: error });
  }
  assert.ok(
    codes.includes(error.code),
    `${what} must fail with ${codes.join(" or ")}, not ${error.code}: ${error.message}`,
  );
  return error;
}

/** The lines that were there before and are no more. */
export function lost(before: readonly string[] = [], after: readonly string[] = []): readonly string[] {
  return before.filter((line) => !after.includes(line));
}

/** Compares values as sets that may hold a value twice: order is nobody's business in the DNS. */
export function assertValues(actual: readonly string[], expected: readonly string[], message: string) {
  assert.deepEqual([...actual].sort(), [...expected].sort(), message);
}
