import type { LeaseHolder } from "./store-error.ts";

/** A value as it is stored. */
export interface Stored {
  readonly bytes: Uint8Array;
  /** Opaque. Equal versions of one key mean equal bytes. May be worked out when first asked for: ask before changing the bytes. */
  readonly version: string;
}

/** When a value may be written or removed. */
export interface Condition {
  /** The version that must be there still; `null`: nothing may be there; left out: whatever is there. */
  readonly ifVersion?: string | null | undefined;
}

/** How a value is written. */
export interface WriteOptions extends Condition {
  /**
   * True for private keys and credentials. A store beyond this machine MUST refuse them with `STORE_SECRET_REFUSED`
   * unless they arrive encrypted (see `sealedStore`) or the user allowed it by name. Default false.
   */
  readonly secret?: boolean;
}

/** How a lease is waited for. */
export interface LeaseOptions {
  /** Ends the waiting; the promise then rejects with the signal's reason. It does not end a lease once held. */
  readonly signal: AbortSignal;
  /** Milliseconds to wait for another holder. Default 0: do not wait. */
  readonly waitMs?: number;
  /**
   * Wait, however long `waitMs` is, until it is known whether the holder is alive, and then no longer: where a lease of a dead
   * process comes free only after a while. Default false.
   */
  readonly whileUnsure?: boolean;
  /** Told once, when waiting begins. MUST NOT throw. */
  readonly onWait?: (holder: LeaseHolder | undefined) => void;
}

/** The right to work on something alone, until `release` or until the process ends, however it ends. */
export interface Lease extends AsyncDisposable {
  readonly name: string;
  /** Aborts when the lease was lost before `release`; the holder MUST then stop. */
  readonly lost: AbortSignal;
  /** Lets go. Safe to call again. */
  release(): Promise<void>;
}

/** Largest value a store must take, in bytes. */
export const largestValue = 16 * 1024 * 1024;

/**
 * Where state lasts: small values under keys that look like paths (`checkKey` has the grammar), compare-and-swap on each,
 * and leases. Every store keeps this contract and proves it by the suite `@certwright/core/store-conformance`.
 *
 * - A value MUST be read whole or not at all: never half of one, nor a mix of two, whatever happened to its writer.
 * - What `write`, `append`, `point` or `remove` did MUST be durable when its promise fulfils, and visible to every client
 *   that reads afterwards. When it rejects, the value MUST be the old or the new one.
 * - Of several clients that write one key under the same `ifVersion`, exactly one MUST succeed; the others get
 *   `STORE_CONFLICT`.
 * - Keys outside the grammar MUST be refused with `STORE_BAD_KEY`, values above twice `largestValue` with
 *   `STORE_TOO_LARGE`; values up to `largestValue` MUST be taken. What lies between is room for a seal.
 * - A key is either a value or a folder of keys; folders come and go with what is in them.
 * - Every call MUST be bounded in time. A store that needs the network gets its signal and limits where it is opened.
 */
export interface Store {
  /** Name of this machine, where others use the same state: what is on it alone is kept apart by it. */
  readonly machine?: string;
  /** The value, or `undefined` where there is none. The bytes belong to the caller. Of a pointer: its target's name. */
  read(key: string): Promise<Stored | undefined>;
  /**
   * The value called `leaf` in the folder that `pointer` points to; `undefined` where either is missing.
   * It SHOULD cost as little as one `read`.
   */
  readThrough(pointer: string, leaf: string): Promise<Stored | undefined>;
  /**
   * `readThrough` for each of these pointers, in their order, some at a time: for a store that reads thousands together
   * quicker than one by one. What it gives does what is left to do, and throws what `readThrough` would.
   */
  readThroughEach?(pointers: Iterable<string>, leaf: string): AsyncIterable<readonly (() => Stored | undefined)[]>;
  /**
   * Stores a value and returns its version.
   *
   * @throws StoreError `STORE_CONFLICT` where `ifVersion` is not met
   */
  write(key: string, bytes: Uint8Array, options?: WriteOptions): Promise<string>;
  /**
   * Adds bytes to the end of a value, which is made if need be. It SHOULD cost one flush to disk, or one request.
   * The caller MUST be the only writer of this key, by holding a lease. After a rejection or a crash the value MAY end in
   * a part of `bytes`: who appends MUST be able to tell a whole piece from a torn one.
   */
  append(key: string, bytes: Uint8Array, options?: Pick<WriteOptions, "secret">): Promise<void>;
  /**
   * Makes `key` a pointer to `target`, the name of its neighbour in the same folder, in one step. It reads as a value that
   * holds `target` in UTF-8. A store whose values people read as files MUST make it something that their programs follow.
   *
   * @throws StoreError `STORE_CONFLICT` where `ifVersion` is not met
   */
  point(key: string, target: string, options?: Condition): Promise<string>;
  /**
   * Removes a value or pointer. Where there is none this is no fault, unless `ifVersion` names one.
   *
   * @throws StoreError `STORE_CONFLICT` where `ifVersion` is not met
   */
  remove(key: string, options?: Condition): Promise<void>;
  /** What is directly in a folder (`""`: the top), sorted by code unit: names of values and pointers, names of folders with `/` after. */
  list(folder: string): Promise<readonly string[]>;
  /**
   * Takes the lease of this name, which may be any text. At any moment at most one client anywhere holds it. Leases of two
   * names are independent of each other and of keys. It MUST come free when its holder's process dies.
   *
   * @throws StoreError `STORE_LOCKED` when `waitMs` is over, with the holder where known
   */
  lease(name: string, options: LeaseOptions): Promise<Lease>;
  /** Where a person finds this key: a path, a URL. */
  locate(key: string): string;
}
