import type { Reply } from "./reply.ts";
import type { RecordShape, TxtRecord } from "./shapes.ts";

/** What an API that names its records by id differs in. `F` is an entry of its list, {@link Reply} unless said otherwise. */
export interface RecordsById<F = Reply> {
  /** The entries among which this record is, if it is there: as few as the API can filter for, all pages of them. */
  list(record: TxtRecord): AsyncIterable<F> | Promise<Iterable<F>>;
  /** Whether an entry is this record: its type where the list has others, its name, its value. */
  is(entry: F, record: TxtRecord): boolean;
  /** The id of an entry. */
  id(entry: F): string;
  /** Makes the record and answers its id, where the API does. To be sent with `repeat: false`: twice would be two records. */
  // biome-ignore lint/suspicious/noConfusingVoidType: a creation without an id simply ends
  create(record: TxtRecord): Promise<string | void>;
  /** Deletes one record; one that is gone by now is success (`absent: null`). */
  delete(record: TxtRecord, id: string): Promise<unknown>;
}

/**
 * `add` and `remove` for APIs that list records and name them by id: looks before it creates, so that adding again
 * after a lost answer finds what is there; removes every entry with this name and value, by the ids it has just read.
 */
export function recordsById<F = Reply>(calls: RecordsById<F>): Pick<RecordShape, "add" | "remove"> {
  async function* idsOf(record: TxtRecord): AsyncGenerator<string> {
    for await (const entry of await calls.list(record)) if (calls.is(entry, record)) yield calls.id(entry);
  }
  return {
    async add(record) {
      for await (const known of idsOf(record)) return known;
      return calls.create(record);
    },
    async remove(record) {
      // Read to the end before anything changes: deleting would shift the pages still to come.
      const found: string[] = [];
      for await (const id of idsOf(record)) found.push(id);
      for (const id of found) await calls.delete(record, id);
    },
  };
}
