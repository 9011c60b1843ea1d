import { sha256 } from "./digest.ts";
import { checkFolder, checkKey, safeName } from "./names.ts";
import { checkSize, checkTarget, conflict } from "./refusals.ts";
import type { Condition, Lease, Store } from "./store.ts";
import { stored } from "./stored.ts";
import { lockedError, pause } from "./waiting.ts";

/** Where memory stores keep what is in them; several stores over one are several clients of the same state. */
export interface MemoryState {
  readonly values: Map<string, Uint8Array>;
  /** What is directly in each folder, as `Store.list` has it. */
  readonly folders: Map<string, Set<string>>;
  readonly leases: Set<string>;
}

export function memoryState(): MemoryState {
  return { values: new Map(), folders: new Map(), leases: new Set() };
}

/** State that is gone with the process: for tests and for runs that shall leave nothing behind. */
export function memoryStore(state: MemoryState = memoryState()): Store {
  const { values, folders, leases } = state;

  function put(key: string, bytes: Uint8Array | undefined, { ifVersion }: Condition): void {
    const current = values.get(key);
    if (ifVersion !== undefined && (current === undefined ? null : sha256(current)) !== ifVersion)
      throw conflict(key, ifVersion);
    if (bytes === undefined) {
      if (values.delete(key)) takeFrom(folders, key);
    } else {
      if (current === undefined) putInto(folders, key);
      values.set(key, bytes);
    }
  }

  async function read(key: string) {
    checkKey(key);
    const bytes = values.get(key);
    return bytes === undefined ? undefined : stored(bytes.slice());
  }

  return {
    read,
    async readThrough(pointer, leaf) {
      checkKey(`${pointer}/${leaf}`);
      const target = values.get(pointer);
      return target === undefined ? undefined : read(neighbour(pointer, `${Buffer.from(target)}/${leaf}`));
    },
    async write(key, bytes, options = {}) {
      checkKey(key);
      checkSize(key, bytes.length);
      put(key, bytes.slice(), options);
      return sha256(bytes);
    },
    async append(key, bytes) {
      checkKey(key);
      const whole = Buffer.concat([values.get(key) ?? new Uint8Array(), bytes]);
      checkSize(key, whole.length);
      put(key, whole, {});
    },
    async point(key, target, options = {}) {
      checkKey(key);
      checkTarget(key, target);
      put(key, Buffer.from(target), options);
      return sha256(target);
    },
    async remove(key, options = {}) {
      checkKey(key);
      put(key, undefined, options);
    },
    async list(folder) {
      checkFolder(folder);
      return [...(folders.get(folder) ?? [])].sort();
    },
    async lease(name, { signal, waitMs = 0, onWait }) {
      safeName(name);
      signal.throwIfAborted();
      const deadline = performance.now() + waitMs;
      for (let told = false; leases.has(name); told = true) {
        const left = deadline - performance.now();
        if (left <= 0) throw lockedError(name, { pid: process.pid }, waitMs);
        if (!told) onWait?.({ pid: process.pid });
        await pause(Math.min(left, 5), signal);
      }
      leases.add(name);
      return memoryLease(name, leases);
    },
    locate: (key) => `memory:${key}`,
  };
}

function memoryLease(name: string, leases: Set<string>): Lease {
  let held = true;
  const release = async () => {
    if (held) leases.delete(name);
    held = false;
  };
  return { name, lost: new AbortController().signal, release, [Symbol.asyncDispose]: release };
}

/** Enters a key, or a folder with `/` after, in the folder it is in, and that in its own. */
function putInto(folders: Map<string, Set<string>>, entry: string): void {
  const { folder, name } = placeOf(entry);
  const names = folders.get(folder);
  if (names !== undefined) return void names.add(name);
  folders.set(folder, new Set([name]));
  if (folder !== "") putInto(folders, `${folder}/`);
}

/** Folders go with what is in them. */
function takeFrom(folders: Map<string, Set<string>>, entry: string): void {
  const { folder, name } = placeOf(entry);
  const names = folders.get(folder);
  names?.delete(name);
  if (names === undefined || names.size > 0) return;
  folders.delete(folder);
  if (folder !== "") takeFrom(folders, `${folder}/`);
}

function placeOf(entry: string): { readonly folder: string; readonly name: string } {
  const cut = entry.lastIndexOf("/", entry.length - 2);
  return { folder: entry.slice(0, Math.max(cut, 0)), name: entry.slice(cut + 1) };
}

function neighbour(key: string, name: string): string {
  return `${key.slice(0, key.lastIndexOf("/") + 1)}${name}`;
}
