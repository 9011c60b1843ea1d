import { type Identifier, sameIdentifiers } from "../identifier.ts";
import { certificateMeta } from "./certificate-meta.ts";
import { decodeDocument } from "./document.ts";
import { type Failure, readFailure } from "./failures.ts";
import { generationKey, storedGenerations } from "./generations.ts";
import { longestOwnPeriodMs } from "./limits.ts";
import type { Store } from "./store.ts";
import { unlessDamaged } from "./unless-damaged.ts";

/** What came of a certificate's orders at one CA lately. */
export interface OrderHistory {
  readonly failure: Failure | undefined;
  /** When it was issued for these very names, in the last seven days, the latest first. Milliseconds since 1970. */
  readonly issued: readonly number[];
}

/** Reads it from what is stored of the certificate itself: only whoever works on that writes it, so that nobody waits for it. */
export async function readHistory(
  store: Store,
  { name, identifiers }: { readonly name: string; readonly identifiers: readonly Identifier[] },
  directoryUrl: string,
  now: number,
): Promise<OrderHistory> {
  const [failure, issued] = await Promise.all([
    readFailure(store, name, directoryUrl, now),
    issuedLately(store, { name, identifiers, directoryUrl }, now),
  ]);
  return { failure, issued };
}

async function issuedLately(
  store: Store,
  wanted: { readonly name: string; readonly identifiers: readonly Identifier[]; readonly directoryUrl: string },
  now: number,
): Promise<readonly number[]> {
  const issued: number[] = [];
  for (const generation of (await storedGenerations(store, wanted.name)).toReversed()) {
    const key = generationKey(wanted.name, generation, "meta.json");
    const value = await store.read(key);
    const read = async () => (value === undefined ? undefined : decodeDocument(certificateMeta, key, value.bytes));
    const meta = await unlessDamaged(read(), () => {});
    if (meta === undefined) continue;
    const { issuedAt, directoryUrl, identifiers } = meta;
    if (issuedAt + longestOwnPeriodMs <= now) break;
    // What lies ahead was noted while the clock was wrong.
    const counts = issuedAt <= now && directoryUrl === wanted.directoryUrl;
    if (counts && sameIdentifiers(identifiers, wanted.identifiers)) issued.push(issuedAt);
  }
  return issued;
}
