import { afterEach, describe, expect, test } from "vitest";
import type { NewEffect } from "./effects.ts";
import { type Journal, openJournal } from "./journal.ts";
import { type MemoryState, memoryState, memoryStore } from "./memory-store.ts";
import type { LeaseOptions, Store } from "./store.ts";

const never = new AbortController().signal;
const now = Date.UTC(2026, 10, 24);
const opened: Journal[] = [];

const effect = (value: string, change: Partial<NewEffect> = {}): NewEffect => ({
  kind: "dns-txt",
  where: "cloudflare",
  zone: "example.com",
  name: "_acme-challenge.example.com",
  value,
  certificate: "example.com",
  ...change,
});

async function open(store: Store): Promise<Journal> {
  const journal = await openJournal(store, never);
  opened.push(journal);
  return journal;
}

/** Ends every run as `kill -9` does: nothing is written, the leases are free. */
function killAll(state: MemoryState): void {
  state.leases.clear();
}

const values = (effects: readonly NewEffect[]) => effects.map(({ value }) => value);
const textOf = (state: MemoryState, key: string) => Buffer.from(state.values.get(key) ?? []).toString();

afterEach(async () => {
  for (const journal of opened.splice(0)) await journal.close();
});

describe("one run", () => {
  test("what is recorded is on disk when the promise fulfils, and pending until done", async () => {
    const state = memoryState();
    const journal = await open(memoryStore(state));
    const [one, two] = await journal.record([effect("1"), effect("2")], now);
    expect(one).toMatchObject({ ...effect("1"), since: now });
    expect(one?.id).not.toBe(two?.id);
    expect(textOf(state, "journal/run-1")).toContain('"value":"1"');
    expect(journal.pending()).toEqual([one, two]);
    journal.done([one?.id ?? ""]);
    expect(journal.pending()).toEqual([two]);
  });

  test("many at once cost two writes, however many they are", async () => {
    const store = memoryStore();
    let writes = 0;
    const journal = await open({
      ...store,
      write: (...args) => {
        writes += 1;
        return store.write(...args);
      },
      append: (...args) => {
        writes += 1;
        return store.append(...args);
      },
    });
    await Promise.all(Array.from({ length: 50 }, (_, index) => journal.record([effect(`${index}`)], now)));
    expect(writes).toBe(2);
    expect(journal.pending()).toHaveLength(50);
    journal.done(journal.pending().map(({ id }) => id));
    expect(writes).toBe(2);
  });

  test("later runs begin with an append, as the file is there", async () => {
    const store = memoryStore();
    const first = await open(store);
    await first.record([effect("1")], now);
    first.done(first.pending().map(({ id }) => id));
    await first.close();
    const journal = await open({ ...store, write: () => Promise.reject(new Error("write")) });
    expect(journal.pending()).toEqual([]);
    await journal.record([effect("2")], now);
    expect(values(journal.pending())).toEqual(["2"]);
  });

  test("a service that runs for years keeps its journal short", async () => {
    const state = memoryState();
    const journal = await open(memoryStore(state));
    for (let index = 0; index < 1000; index += 1) {
      const [recorded] = await journal.record([effect(`${index}`)], now);
      journal.done([recorded?.id ?? ""]);
    }
    expect(textOf(state, "journal/run-1").length).toBeLessThan(128 * 1024);
    await journal.close();
    expect(textOf(state, "journal/run-1").length).toBeLessThan(4096);
  });

  test("what does not fit the format is refused before anything happens", async () => {
    const journal = await open(memoryStore());
    await expect(journal.record([effect("a\u0000b")], now)).rejects.toMatchObject({ code: "STORE_BAD_VALUE" });
    expect(journal.pending()).toEqual([]);
    await journal.record([effect("fine")], now);
  });

  test("a write that fails leaves the effect unrecorded; the next record writes the file anew", async () => {
    const state = memoryState();
    const store = memoryStore(state);
    let broken = false;
    const journal = await open({
      ...store,
      // As a full disk does: a part of the piece is written.
      append: (key, bytes) =>
        broken
          ? store.append(key, bytes.subarray(0, 20)).then(() => Promise.reject(new Error("full")))
          : store.append(key, bytes),
    });
    await journal.record([effect("1")], now);
    broken = true;
    await expect(journal.record([effect("2")], now)).rejects.toThrow("full");
    expect(values(journal.pending())).toEqual(["1"]);
    broken = false;
    await journal.record([effect("3")], now);
    killAll(state);
    const next = await open(memoryStore(state));
    expect(values((await next.adopt()).effects)).toEqual(["1", "3"]);
  });

  test("is over once closed", async () => {
    const journal = await open(memoryStore());
    await journal.close();
    await journal.close();
    await expect(journal.record([effect("1")], now)).rejects.toMatchObject({ code: "STORE_LEASE_LOST" });
  });
});

describe("the next run", () => {
  test("adopts what a killed run left, and only that", async () => {
    const state = memoryState();
    const dead = await open(memoryStore(state));
    const [done] = await dead.record([effect("done"), effect("left")], now);
    dead.done([done?.id ?? ""]);
    await dead.record([effect("left too")], now);
    killAll(state);
    const journal = await open(memoryStore(state));
    const { effects, unreadable } = await journal.adopt();
    expect(values(effects)).toEqual(["left", "left too"]);
    expect(unreadable).toEqual([]);
    journal.done(effects.map(({ id }) => id));
    await journal.close();
    const later = await open(memoryStore(state));
    expect((await later.adopt()).effects).toEqual([]);
  });

  test("leaves alone what a living run has, though it has the same on its list", async () => {
    const state = memoryState();
    const [first, second] = [await open(memoryStore(state)), await open(memoryStore(state))];
    await first.record([effect("shared"), effect("first's")], now);
    await second.record([effect("shared"), effect("second's")], now);
    // The first is killed, the second lives.
    state.leases.delete("journal/run-1");
    const journal = await open(memoryStore(state));
    expect(values((await journal.adopt()).effects)).toEqual(["first's"]);
    expect(values(second.pending())).toEqual(["shared", "second's"]);
  });

  test("says how much is left to the living, and takes it over later, but not what this run has done just the same", async () => {
    const state = memoryState();
    const first = await open(memoryStore(state));
    await first.record([effect("shared"), effect("first's")], now);
    const journal = await open(memoryStore(state));
    expect(await journal.adopt()).toMatchObject({ effects: [], living: 2 });
    await journal.record([effect("shared")], now);
    killAll(state);
    const adopted = await journal.adopt({ whileUnsure: true });
    expect(adopted.living).toBe(0);
    expect(values(adopted.effects)).toEqual(["first's"]);
    expect(values(journal.pending()).toSorted()).toEqual(["first's", "shared"]);
  });

  test("goes on in another file where its lease was lost, with all that is pending", async () => {
    const state = memoryState();
    const store = memoryStore(state);
    const lost = new AbortController();
    const losing = {
      ...store,
      lease: async (name: string, options: LeaseOptions) => {
        const lease = await store.lease(name, options);
        return name === "journal/run-1" ? { ...lease, lost: lost.signal } : lease;
      },
    };
    const journal = await open(losing);
    await journal.record([effect("before")], now);
    lost.abort(new Error("away"));
    await journal.record([effect("after")], now);
    expect(values(journal.pending())).toEqual(["before", "after"]);
    expect(state.leases.has("journal/run-2")).toBe(true);
    killAll(state);
    expect(values((await (await open(store)).adopt()).effects).toSorted()).toEqual(["after", "before"]);
  });

  test("takes over from several at once, and nothing is lost if it is killed itself", async () => {
    const state = memoryState();
    for (const value of ["1", "2", "3"]) await (await open(memoryStore(state))).record([effect(value)], now);
    killAll(state);
    const second = await open(memoryStore(state));
    expect(values((await second.adopt()).effects).sort()).toEqual(["1", "2", "3"]);
    killAll(state);
    const third = await open(memoryStore(state));
    expect(values((await third.adopt()).effects).sort()).toEqual(["1", "2", "3"]);
  });

  test("that is killed between the two writes of adopting leaves everything findable", async () => {
    const state = memoryState();
    await (await open(memoryStore(state))).record([effect("0")], now);
    await (await open(memoryStore(state))).record([effect("left")], now);
    killAll(state);
    const store = memoryStore(state);
    const dying = await open({
      ...store,
      append: (key, bytes) =>
        key === "journal/run-1" ? store.append(key, bytes) : Promise.reject(new Error("killed")),
      write: (key, bytes, options) =>
        key === "journal/run-1" ? store.write(key, bytes, options) : Promise.reject(new Error("killed")),
    });
    await expect(dying.adopt()).rejects.toThrow("killed");
    killAll(state);
    const journal = await open(memoryStore(state));
    expect(new Set(values((await journal.adopt()).effects))).toEqual(new Set(["0", "left"]));
  });

  test("records anew what it adopted, and it is then its own", async () => {
    const state = memoryState();
    await (await open(memoryStore(state))).record([effect("same"), effect("other")], now);
    killAll(state);
    const journal = await open(memoryStore(state));
    await journal.adopt();
    const [own] = await journal.record([effect("same")], now);
    expect(values(journal.pending())).toEqual(["other", "same"]);
    expect(values((await journal.adopt()).effects)).toEqual(["other"]);
    expect(journal.pending()).toContainEqual(own);
  });

  test("has one of each, the oldest, however often runs were killed over the same", async () => {
    const state = memoryState();
    for (let kills = 0; kills < 11; kills += 1) {
      const dying = await open(memoryStore(state));
      const left = (await dying.adopt()).effects.map(({ value, since }) => [value, since]);
      expect(left).toEqual(kills === 0 ? [] : ["1", "2", "3"].map((value) => [value, now]));
      await dying.record([effect("1"), effect("2"), effect("3")], now + kills);
      killAll(state);
    }
    // That one is replaced reaches the disk with what comes next, so what the last run recorded is there as well.
    const journal = await open(memoryStore(state));
    expect(journal.pending()).toHaveLength(6);
    expect((await journal.adopt()).effects).toHaveLength(3);
    await journal.close();
    expect((await open(memoryStore(state))).pending()).toHaveLength(3);
  });

  test("has one of what several runs left, and none of what a living one has", async () => {
    const state = memoryState();
    for (const since of [now + 2, now + 1, now]) {
      const run = await open(memoryStore(state));
      await run.record([effect("same"), effect("of the living")], since);
    }
    await (await open(memoryStore(state))).record([effect("of the living")], now);
    for (const number of [1, 2, 3]) state.leases.delete(`journal/run-${number}`);
    const { effects } = await (await open(memoryStore(state))).adopt();
    expect(effects.map(({ value, since }) => [value, since])).toEqual([["same", now]]);
  });

  test("leaves behind what it could not undo, for the one after", async () => {
    const state = memoryState();
    const first = await open(memoryStore(state));
    await first.record([effect("stuck")], now);
    await first.close();
    const second = await open(memoryStore(state));
    expect(values((await second.adopt()).effects)).toEqual(["stuck"]);
    await second.close();
    const third = await open(memoryStore(state));
    expect(values((await third.adopt()).effects)).toEqual(["stuck"]);
  });
});

describe("a journal", () => {
  async function journalText(): Promise<{ state: MemoryState; text: string }> {
    const state = memoryState();
    const journal = await open(memoryStore(state));
    await journal.record([effect("1")], now);
    await journal.record([effect("2")], now);
    killAll(state);
    return { state, text: textOf(state, "journal/run-1") };
  }

  test("cut off anywhere in its last line loses only that line", async () => {
    const { text } = await journalText();
    const lastLine = text.lastIndexOf("\n", text.length - 2) + 1;
    for (const length of [lastLine, lastLine + 1, text.length - 10, text.length - 1]) {
      const state = memoryState();
      const store = memoryStore(state);
      await store.write("journal/run-1", Buffer.from(text.slice(0, length)));
      const journal = await open(store);
      await journal.record([effect("new")], now);
      killAll(state);
      const next = await open(memoryStore(state));
      expect(values((await next.adopt()).effects)).toEqual(["1", "new"]);
    }
  });

  test.each([
    ["empty", () => "", "STORE_CORRUPT"],
    ["without its first line's end", () => '{"format"', "STORE_CORRUPT"],
    ["damaged inside", (text: string) => text.replace('"value":"1"', '"value":1'), "STORE_CORRUPT"],
    ["with a torn line inside", (text: string) => text.replace('"since"', "\n"), "STORE_CORRUPT"],
    ["of a newer version", (text: string) => text.replace('"format":1', '"format":2'), "STORE_NEWER_FORMAT"],
  ])("that is %s is reported, kept as it is, and does not stop the run", async (_, damage, code) => {
    const { state, text } = await journalText();
    const damaged = damage(text);
    await memoryStore(state).write("journal/run-1", Buffer.from(damaged));
    const journal = await open(memoryStore(state));
    await journal.record([effect("new")], now);
    const { effects, unreadable } = await journal.adopt();
    expect(effects).toEqual([]);
    expect(unreadable.map((error) => [error.code, error.key])).toEqual([[code, "journal/run-1"]]);
    expect(textOf(state, "journal/run-1")).toBe(damaged);
  });
});
