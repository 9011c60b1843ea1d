import { batched } from "./batched.ts";
import { type Effect, effectPlace, type NewEffect } from "./effects.ts";
import { type JournalFile, openJournalFile } from "./journal-file.ts";
import type { Lease, LeaseOptions, Store } from "./store.ts";
import { hasCode, StoreError } from "./store-error.ts";

/** Effects of runs that died, now this run's to undo. */
export interface Adopted {
  readonly effects: readonly Effect[];
  /** How many effects are left to runs that are alive, as far as is known. */
  readonly living: number;
  /** Journals that could not be read, left where they are for a person to look at. */
  readonly unreadable: readonly StoreError[];
}

/** How far adopting goes to find out whether a run is alive; see `LeaseOptions`. */
export type AdoptOptions = Pick<LeaseOptions, "whileUnsure" | "onWait">;

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
   * run records anything of its own; what a living run has recorded just the same is left to that run, and what this one has
   * is undone with its own. Of what killed runs left several times, the oldest stands for all.
   */
  adopt(options?: AdoptOptions): Promise<Adopted>;
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
  return runJournal(store, await takeJournal(store, signal), signal);
}

/** The file of a journal, and the right to write it. */
interface TakenJournal {
  readonly file: JournalFile;
  readonly lease: Lease;
}

async function takeJournal(store: Store, signal: AbortSignal): Promise<TakenJournal> {
  for (let number = 1; number <= mostRuns; number += 1) {
    const key = `${folder}/run-${number}`;
    const lease = await leaseIfFree(store, key, { signal });
    if (lease === undefined) continue;
    try {
      return { file: await openJournalFile(store, key), lease };
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

function runJournal(store: Store, taken: TakenJournal, signal: AbortSignal): Journal {
  let { file, lease } = taken;
  let { pending } = file;
  const adopted = new Set(pending.keys());
  let done: string[] = [];
  let closed = false;

  function forget(id: string): void {
    if (pending.delete(id)) done.push(id);
  }

  /**
   * A service outlives a lease that a network lost: what is pending goes on in another journal. Of the one before, others may
   * undo what it holds, as they must.
   */
  async function move(): Promise<void> {
    const next = await takeJournal(store, signal);
    for (const id of next.file.pending.keys()) adopted.add(id);
    try {
      await next.file.write([...pending.values()], []);
    } catch (error) {
      await next.lease.release();
      throw error;
    }
    [file, lease, pending, done] = [next.file, next.lease, next.file.pending, []];
  }

  const put = batched(async (batch: readonly (readonly Effect[])[]) => {
    if (closed) throw leaseLost(file.key);
    if (lease.lost.aborted) await move();
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
    async adopt(options = {}) {
      const living = new Set<string>();
      const unreadable: StoreError[] = [];
      for (const name of await store.list(folder)) {
        const key = `${folder}/${name}`;
        if (key === file.key) continue;
        try {
          const left = await leftBehind(store, key, { signal, ...options }, put);
          for (const effect of left.taken) adopted.add(effect.id);
          for (const effect of left.living) living.add(effectPlace(effect));
        } catch (error) {
          if (!isUnreadable(error)) throw error;
          unreadable.push(error);
        }
      }
      const own = [...pending.values()].filter(({ id }) => !adopted.has(id));
      const kept = new Set([...living, ...own.map(effectPlace)]);
      const left = [...pending.values()].filter(({ id }) => adopted.has(id)).sort((a, b) => a.since - b.since);
      for (const effect of left) {
        const place = effectPlace(effect);
        if (kept.has(place)) forget(effect.id);
        kept.add(place);
      }
      return { effects: left.filter(({ id }) => pending.has(id)), living: living.size, unreadable };
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
  options: LeaseOptions,
  take: (effects: readonly Effect[]) => Promise<void>,
): Promise<LeftBehind> {
  const seen = await openJournalFile(store, key);
  if (seen.pending.size === 0) return { taken: [], living: [] };
  const lease = await leaseIfFree(store, key, options);
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

async function leaseIfFree(store: Store, key: string, options: LeaseOptions): Promise<Lease | undefined> {
  try {
    return await store.lease(key, options);
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
