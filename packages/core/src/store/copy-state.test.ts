import { expect, test } from "vitest";
import { copyState } from "./copy-state.ts";
import { eachKey } from "./each-key.ts";
import { inOrder } from "./in-order.ts";
import { memoryState, memoryStore } from "./memory-store.ts";
import { reseal } from "./reseal.ts";
import { sealedStore } from "./seal.ts";
import { openSealed } from "./seal-check.ts";
import { sealKey } from "./seal-key.ts";
import { tryStore } from "./try-store.ts";

const keyOf = (byte: number) => sealKey(Buffer.alloc(32, byte).toString("base64"));
const [oldKey, newKey] = [keyOf(1), keyOf(2)];
const bytes = (text: string): Uint8Array => Buffer.from(text);
const signal = new AbortController().signal;

async function textAt(store: ReturnType<typeof memoryStore>, key: string): Promise<string | undefined> {
  const value = await store.read(key);
  return value === undefined ? undefined : Buffer.from(value.bytes).toString();
}

async function filled(store: ReturnType<typeof memoryStore>): Promise<void> {
  for (let index = 0; index < 40; index += 1)
    await store.write(`certificates/c${index}/1/key.pem`, bytes(`key ${index}`));
  await store.point("certificates/c0/current", "1");
  await store.append("journal/run-1", bytes("left\n"));
}

test("every key is visited once, however deep, and a failure is told", async () => {
  const store = memoryStore();
  await filled(store);
  const seen: string[] = [];
  await eachKey(store, async (key) => {
    seen.push(key);
  });
  expect(new Set(seen).size).toBe(42);
  expect(seen).toHaveLength(42);
  await expect(eachKey(store, async () => Promise.reject(new Error("no")))).rejects.toThrow("no");
});

test("results come in the order of their items, a few worked on ahead, and whoever stops leaves none running", async () => {
  let [running, most] = [0, 0];
  const work = async (item: number): Promise<number> => {
    running += 1;
    most = Math.max(most, running);
    await new Promise((resolve) => setImmediate(resolve));
    running -= 1;
    if (item === 60) throw new Error("sixty");
    return item;
  };
  const seen: number[] = [];
  for await (const item of inOrder(
    Array.from({ length: 50 }, (_, index) => index),
    work,
  ))
    seen.push(item);
  expect(seen).toEqual(Array.from({ length: 50 }, (_, index) => index));
  expect(most).toBe(16);
  for await (const _ of inOrder([1, 2, 3], work)) break;
  expect(running).toBe(0);
  await expect(inOrder([60, 61], work).next()).rejects.toThrow("sixty");
});

test("state is copied to an empty place, pointers last, without what a dead run left to undo", async () => {
  const [from, below] = [memoryStore(), memoryStore(memoryState())];
  await filled(from);
  const to = await openSealed(below, { current: newKey });
  expect(await copyState(from, to)).toBe(41);
  expect(await textAt(to, "certificates/c39/1/key.pem")).toBe("key 39");
  expect(await textAt(below, "certificates/c39/1/key.pem")).toMatch(/^CWS/);
  expect(await textAt(below, "certificates/c0/current")).toBe("1");
  expect(await to.read("journal/run-1")).toBeUndefined();
  await expect(copyState(from, to)).rejects.toMatchObject({ code: "STORE_NOT_EMPTY" });
});

test("a key is known by its mark before anything is read or written with it", async () => {
  const below = memoryStore();
  const store = await openSealed(below, { current: oldKey });
  expect(await below.list("")).toEqual([]);
  // Two that begin at the same moment with different keys: the second is refused with its first change.
  const other = await openSealed(below, { current: newKey });
  await store.write("a", bytes("a"));
  await expect(other.write("b", bytes("b"))).rejects.toMatchObject({ code: "STORE_WRONG_SEAL_KEY" });
  await expect(openSealed(below, { current: newKey })).rejects.toMatchObject({ code: "STORE_WRONG_SEAL_KEY" });
  await expect(openSealed(below, undefined)).rejects.toMatchObject({ code: "STORE_SEAL_KEY" });
  expect(await textAt(await openSealed(below, { current: newKey, previous: [oldKey] }), "a")).toBe("a");
  const plain = memoryStore(memoryState());
  await plain.write("a", bytes("in the clear"));
  await expect(openSealed(plain, { current: newKey })).rejects.toMatchObject({ code: "STORE_SEAL_KEY" });
  expect(await openSealed(plain, undefined)).toBe(plain);
});

test("after a reseal the former key is no longer needed, though others write meanwhile", async () => {
  const below = memoryStore();
  const before = await openSealed(below, { current: oldKey });
  await filled(before);
  const keys = { current: newKey, previous: [oldKey] };
  let writes = 0;
  const busy = {
    ...below,
    read: async (key: string) => {
      const value = await below.read(key);
      if (key === "certificates/c7/1/key.pem" && writes < 3) {
        writes += 1;
        await before.write(key, bytes(`written meanwhile ${writes}`));
      }
      return value;
    },
  };
  expect(await reseal(busy, keys)).toEqual({ looked: 43, resealed: 42 });
  const after = await openSealed(below, { current: newKey });
  expect(await textAt(after, "certificates/c7/1/key.pem")).toBe("written meanwhile 3");
  expect(await textAt(after, "journal/run-1")).toBe("left\n");
  expect(await reseal(below, keys)).toEqual({ looked: 43, resealed: 0 });
  await expect(reseal(below, { current: oldKey })).rejects.toMatchObject({ code: "STORE_WRONG_SEAL_KEY" });
});

test("what is appended piece by piece costs one request each, and notices another's write", async () => {
  const below = memoryStore();
  let reads = 0;
  const counted = {
    ...below,
    read: (key: string) => {
      reads += 1;
      return below.read(key);
    },
  };
  const store = sealedStore(counted, { current: oldKey });
  for (const piece of ["a", "b", "c"]) await store.append("journal", bytes(piece));
  expect(reads).toBe(1);
  await sealedStore(below, { current: oldKey }).write("journal", bytes("anew "));
  await store.append("journal", bytes("d"));
  expect(await textAt(store, "journal")).toBe("anew d");
});

test("a store is tried, and one that takes every write is found out", async () => {
  const store = memoryStore();
  await tryStore(store, signal);
  expect(await store.list("")).toEqual([]);
  const careless = { ...store, write: (key: string, value: Uint8Array) => store.write(key, value) };
  await expect(tryStore(careless, signal)).rejects.toMatchObject({ code: "STORE_NOT_CONDITIONAL" });
  const forgetful = { ...store, read: async () => undefined };
  await expect(tryStore(forgetful, signal)).rejects.toMatchObject({ code: "STORE_FAILED" });
});
