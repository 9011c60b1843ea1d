import { CodecError, list, optional, shape, text } from "./codec.ts";
import { checkFormat, writeChecked } from "./document.ts";
import { type Effect, effectCodec } from "./effects.ts";
import type { Store } from "./store.ts";
import { corrupt } from "./store-error.ts";

/** One line of a journal: things about to be done, ids of things undone. */
interface Entry {
  readonly recorded?: readonly Effect[];
  readonly done?: readonly string[];
}

const format = 1;
const header = `${JSON.stringify({ format })}\n`;
const entryCodec = shape<Entry>({ recorded: optional(list(effectCodec)), done: optional(list(text(64))) });

/** The file of one journal. Its writer holds the lease of the same name. */
export interface JournalFile {
  readonly key: string;
  /** What is recorded and not done; changed by `write`, and by its owner. */
  readonly pending: Map<string, Effect>;
  /** Writes effects down and strikes others out, which must have left `pending` already. Durable when it fulfils. */
  write(recorded: readonly Effect[], done: readonly string[]): Promise<void>;
}

/** A file longer than this, and twice as long as it need be, is written anew. */
const longEnough = 64 * 1024;
/** An idle file is kept if it is short: the next run then starts with an append. */
const shortEnough = 4 * 1024;

/**
 * Reads a journal. A last line that was cut short is left out: nobody was ever told that it was written, so its effects
 * never happened.
 *
 * @throws StoreError `STORE_CORRUPT`, `STORE_NEWER_FORMAT`, and what the store throws
 */
export async function openJournalFile(store: Store, key: string): Promise<JournalFile> {
  const value = await store.read(key);
  const pending = value === undefined ? new Map<string, Effect>() : decodeJournal(key, value.bytes);
  let size = value?.bytes.length ?? 0;
  let rewriteAbove = longEnough;
  // After a torn line nothing may be appended: the two would become one.
  let rewrite = value === undefined || value.bytes.at(-1) !== 0x0a;

  async function append(entry: Uint8Array): Promise<void> {
    rewrite = true;
    await store.append(key, entry);
    rewrite = false;
    size += entry.length;
  }

  async function writeAnew(recorded: readonly Effect[]): Promise<void> {
    const whole = encodeJournal([...pending.values(), ...recorded]);
    rewrite = true;
    await store.write(key, whole);
    rewrite = false;
    size = whole.length;
    rewriteAbove = Math.max(longEnough, 2 * size);
  }

  return {
    key,
    pending,
    async write(recorded, done) {
      const entry = encodeEntry(recorded, done);
      const idle = recorded.length === 0 && pending.size === 0;
      if (rewrite || size + entry.length > (idle ? shortEnough : rewriteAbove)) await writeAnew(recorded);
      else await append(entry);
      for (const effect of recorded) pending.set(effect.id, effect);
    },
  };
}

/** A journal in which exactly these effects are pending. */
function encodeJournal(pending: Iterable<Effect>): Uint8Array {
  const recorded = [...pending];
  return Buffer.from(header + (recorded.length === 0 ? "" : line({ recorded })));
}

/** A piece to append. */
function encodeEntry(recorded: readonly Effect[], done: readonly string[]): Uint8Array {
  return Buffer.from(line({ ...(recorded.length > 0 ? { recorded } : {}), ...(done.length > 0 ? { done } : {}) }));
}

/** The pending effects of a journal, by id. */
function decodeJournal(key: string, bytes: Uint8Array): Map<string, Effect> {
  const lines = Buffer.from(bytes).toString("utf8").split("\n");
  lines.pop();
  if (lines.length === 0) throw corrupt(key, bytes.length === 0 ? "it is empty" : "its first line is cut short");
  const pending = new Map<string, Effect>();
  lines.forEach((each, index) => {
    const json = parse(key, each, index + 1);
    if (index === 0) {
      checkFormat((json as { format?: unknown } | null)?.format, format, key);
      return;
    }
    const { recorded = [], done = [] } = read(key, json, index + 1);
    for (const effect of recorded) pending.set(effect.id, effect);
    for (const id of done) pending.delete(id);
  });
  return pending;
}

function parse(key: string, text: string, number: number): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw corrupt(key, `line ${number} is not JSON`);
  }
}

function read(key: string, json: unknown, number: number): Entry {
  try {
    return entryCodec.read(json);
  } catch (cause) {
    if (cause instanceof CodecError) throw corrupt(key, `line ${number}${cause.message}`, cause);
    throw cause;
  }
}

function line(entry: Entry): string {
  return `${JSON.stringify(writeChecked(entryCodec, entry))}\n`;
}
