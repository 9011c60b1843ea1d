import { sha256 } from "./digest.ts";
import { checkFolder, checkKey, safeName } from "./names.ts";
import { checkSize, checkTarget, conflict } from "./refusals.ts";
import type { Condition, Lease, Store } from "./store.ts";
import { stored } from "./stored.ts";
import { lockedError, pause } from "./waiting.ts";

/** Where memory stores keep what is in them; several stores over one are several clients of the same state. */
export interface MemoryState {
  readonly values: Map<string, Uint8Array>;
  readonly leases: Set<string>;
}

export function memoryState(): MemoryState {
  return { values: new Map(), leases: new Set() };
}

/** State that is gone with the process: for tests and for runs that shall leave nothing behind. */
export function memoryStore(state: MemoryState = memoryState()): Store {
  const { values, leases } = state;

  function put(key: string, bytes: Uint8Array | undefined, { ifVersion }: Condition): void {
    const current = values.get(key);
    if (ifVersion !== undefined && (current === undefined ? null : sha256(current)) !== ifVersion)
      throw conflict(key, ifVersion);
    if (bytes === undefined) values.delete(key);
    else values.set(key, bytes);
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
      const prefix = folder === "" ? "" : `${folder}/`;
      const names = new Set<string>();
      for (const key of values.keys()) {
        if (!key.startsWith(prefix)) continue;
        const end = key.indexOf("/", prefix.length);
        names.add(end === -1 ? key.slice(prefix.length) : key.slice(prefix.length, end + 1));
      }
      return [...names].sort();
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

function neighbour(key: string, name: string): string {
  return `${key.slice(0, key.lastIndexOf("/") + 1)}${name}`;
}
