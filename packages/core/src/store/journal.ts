import { batched } from "./batched.ts";
import { type Effect, effectPlace, type NewEffect } from "./effects.ts";
import { type JournalFile, openJournalFile } from "./journal-file.ts";
import type { Lease, Store } from "./store.ts";
import { hasCode, StoreError } from "./store-error.ts";

/** Effects of runs that died, now this run's to undo. */
export interface Adopted {
  readonly effects: readonly Effect[];
  /** Journals that could not be read, left where they are for a person to look at. */
  readonly unreadable: readonly StoreError[];
}

/**
 * The write-ahead journal of one run: what is done outside is written down before it is done, so that it is undone even
 * if the run is killed; then by the next one. A run's journal is its own as long as the run lives, by a lease.
 */
export interface Journal {
  /**
   * Writes effects down and fulfils when that is on disk; only then may they happen. One call, and all calls made while
   * an earlier one is under way, cost one append.
   */
  record(effects: readonly NewEffect[], now: number): Promise<readonly Effect[]>;
  /**
   * Notes that effects were undone. It reaches the disk with the next `record` or `close`: to undo something twice after
   * a crash harms nothing.
   */
  done(ids: Iterable<string>): void;
  /** What was recorded or adopted and is not done. */
  pending(): readonly Effect[];
  /**
   * Takes over what runs that are no longer alive left behind, once it is safely in this journal. To be undone before this
   * run records anything of its own; what a living run has recorded just the same is left to that run.
   */
  adopt(): Promise<Adopted>;
  /** Leaves behind what is still pending, for the next run to adopt, and ends the journal. */
  close(): Promise<void>;
}

const folder = "journal";
/** Runs at one time over one state; each has the journal of the lowest number that is free. */
const mostRuns = 256;

/**
 * Opens the journal of a run.
 *
 * @param signal ends the opening only
 * @throws StoreError `STORE_LOCKED` when 256 runs are under way, and what the store throws
 */
export async function openJournal(store: Store, signal: AbortSignal): Promise<Journal> {
  for (let number = 1; number <= mostRuns; number += 1) {
    const key = `${folder}/run-${number}`;
    const lease = await leaseIfFree(store, key, signal);
    if (lease === undefined) continue;
    try {
      return runJournal(store, await openJournalFile(store, key), lease, signal);
    } catch (error) {
      await lease.release();
      // A damaged journal is evidence of something to undo: it is kept for a person, and this run takes the next number.
      if (!isUnreadable(error)) throw error;
    }
  }
  throw new StoreError("STORE_LOCKED", `${mostRuns} runs use this state already`, {
    key: folder,
    hint: "Wait until some have ended, or split the state.",
    retryable: true,
  });
}

function runJournal(store: Store, file: JournalFile, lease: Lease, signal: AbortSignal): Journal {
  const { pending } = file;
  const adopted = new Set(pending.keys());
  let done: string[] = [];
  let closed = false;

  function forget(id: string): void {
    if (pending.delete(id)) done.push(id);
  }

  const put = batched(async (batch: readonly (readonly Effect[])[]) => {
    if (closed || lease.lost.aborted) throw leaseLost(file.key);
    const written = done;
    done = [];
    try {
      await file.write(batch.flat(), written);
    } catch (error) {
      done = [...written, ...done];
      throw error;
    }
  });

  return {
    async record(effects, now) {
      const recorded = effects.map((effect): Effect => ({ ...effect, id: crypto.randomUUID(), since: now }));
      await put(recorded);
      // The CA may ask for the very answer a dead run gave: from now on it is this run's own.
      const places = new Set(effects.map(effectPlace));
      const own = new Set(recorded.map(({ id }) => id));
      for (const effect of pending.values()) {
        if (adopted.has(effect.id) && !own.has(effect.id) && places.has(effectPlace(effect))) forget(effect.id);
      }
      return recorded;
    },
    done(ids) {
      for (const id of ids) forget(id);
    },
    pending: () => [...pending.values()],
    async adopt() {
      const living = new Set<string>();
      const unreadable: StoreError[] = [];
      for (const name of await store.list(folder)) {
        const key = `${folder}/${name}`;
        if (key === file.key) continue;
        try {
          const left = await leftBehind(store, key, signal, put);
          for (const effect of left.taken) adopted.add(effect.id);
          for (const effect of left.living) living.add(effectPlace(effect));
        } catch (error) {
          if (!isUnreadable(error)) throw error;
          unreadable.push(error);
        }
      }
      for (const effect of pending.values()) {
        if (adopted.has(effect.id) && living.has(effectPlace(effect))) forget(effect.id);
      }
      return { effects: [...pending.values()].filter(({ id }) => adopted.has(id)), unreadable };
    },
    async close() {
      if (closed) return;
      try {
        if (done.length > 0) await put([]);
      } finally {
        closed = true;
        await lease.release();
      }
    },
  };
}

interface LeftBehind {
  readonly taken: readonly Effect[];
  readonly living: readonly Effect[];
}

/** What another run's journal holds: to be taken if that run is dead, to be left alone if it lives. */
async function leftBehind(
  store: Store,
  key: string,
  signal: AbortSignal,
  take: (effects: readonly Effect[]) => Promise<void>,
): Promise<LeftBehind> {
  const seen = await openJournalFile(store, key);
  if (seen.pending.size === 0) return { taken: [], living: [] };
  const lease = await leaseIfFree(store, key, signal);
  if (lease === undefined) return { taken: [], living: [...seen.pending.values()] };
  try {
    const left = await openJournalFile(store, key);
    const taken = [...left.pending.values()];
    // Written down here first, struck out there second: a crash in between leaves them twice, never not at all.
    await take(taken);
    for (const { id } of taken) left.pending.delete(id);
    await left.write(
      [],
      taken.map(({ id }) => id),
    );
    return { taken, living: [] };
  } finally {
    await lease.release();
  }
}

async function leaseIfFree(store: Store, key: string, signal: AbortSignal): Promise<Lease | undefined> {
  try {
    return await store.lease(key, { signal });
  } catch (error) {
    if (hasCode(error, "STORE_LOCKED")) return undefined;
    throw error;
  }
}

function isUnreadable(error: unknown): error is StoreError {
  return hasCode(error, "STORE_CORRUPT") || hasCode(error, "STORE_NEWER_FORMAT");
}

function leaseLost(key: string): StoreError {
  return new StoreError("STORE_LEASE_LOST", `${key} is no longer this run's to write`, {
    key,
    hint: "Run again; what was left behind is undone then.",
  });
}
