import { batched } from "./batched.ts";
import { dictionary, instant, shape } from "./codec.ts";
import { type DocumentKind, decodeDocument, encodeDocument } from "./document.ts";
import type { Store } from "./store.ts";
import { hasCode } from "./store-error.ts";

/** What was told to whom, by key; milliseconds since 1970. */
type Told = Readonly<Record<string, number>>;

const document: DocumentKind<{ readonly told: Told }> = { format: 1, codec: shape({ told: dictionary(instant) }) };
const key = "notifications.json";
/** Attempts to write against other runs that do the same. */
const mostAttempts = 100;

/** What was told is remembered between runs, so that a timer's every run does not tell it anew. */
export interface ToldFile {
  /** @throws StoreError `STORE_CORRUPT`, `STORE_NEWER_FORMAT` */
  read(): Promise<Told>;
  /** Changes it, whatever other runs do; `change` may be called several times. */
  update(change: (told: Told) => Told): Promise<void>;
}

/** Opens it; nothing is touched before it is used. */
export function openTold(store: Store): ToldFile {
  const load = async (): Promise<{ readonly told: Told; readonly version: string | null }> => {
    const value = await store.read(key);
    if (value === undefined) return { told: {}, version: null };
    return { told: decodeDocument(document, key, value.bytes).told, version: value.version };
  };
  return {
    read: async () => (await load()).told,
    update: batched(async (changes: readonly ((told: Told) => Told)[]) => {
      for (let attempt = 1; ; attempt += 1) {
        const { told, version } = await load();
        const changed = changes.reduce((current, change) => change(current), told);
        if (JSON.stringify(changed) === JSON.stringify(told)) return;
        try {
          await store.write(key, encodeDocument(document, { told: changed }), { ifVersion: version });
          return;
        } catch (error) {
          if (!hasCode(error, "STORE_CONFLICT") || attempt === mostAttempts) throw error;
        }
      }
    }),
  };
}
