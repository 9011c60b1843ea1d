import { describe, expect, test } from "vitest";
import { ProviderError } from "./errors.ts";
import { conflict, lostAnswer, open, recordSets, txt } from "./testing/open.ts";

describe("an API of record sets", () => {
  test("keeps foreign values, and writes nothing where nothing changes", async () => {
    const api = recordSets({ "a.example.com": ["foreign", "foreign"] });
    const handle = await open(api);
    expect(await handle.add([txt("a", "1"), txt("a", "2"), txt("b", "3")])).toEqual([undefined, undefined, undefined]);
    await handle.add([txt("a", "1")]);
    await handle.remove([txt("a", "1"), txt("b", "3"), txt("c", "never there")]);
    expect(api.writes.sort()).toEqual([
      "a.example.com=foreign,1,2",
      "a.example.com=foreign,2",
      "b.example.com=",
      "b.example.com=3",
    ]);
  });

  test("parallel changes of one name lose nothing, even where calls are free", async () => {
    const api = recordSets();
    const handle = await open(api, { concurrency: "free" });
    const records = Array.from({ length: 10 }, (_, index) => txt("a", `${index}`));
    await Promise.all(records.map((record) => handle.add([record])));
    expect(api.sets.get("a.example.com")).toHaveLength(10);
    expect(api.meter.most).toBe(1);
    await Promise.all(records.map((record) => handle.remove([record])));
    expect(api.sets.size).toBe(0);
  });

  test.each([
    ["a conflict", conflict(), true],
    ["an answer lost before the write", lostAnswer(), true],
    ["an answer lost after the write", lostAnswer(), false],
  ])("reads again after %s, once", async (_name, error, lost) => {
    const api = recordSets({ "a.example.com": ["foreign"] });
    const handle = await open(api);
    api.faults.push({ error, lost });
    await handle.add([txt("a", "1")]);
    expect(api.sets.get("a.example.com")).toEqual(["foreign", "1"]);
    api.faults.push({ error, lost: true }, { error, lost: true });
    await expect(handle.remove([txt("a", "1")])).rejects.toMatchObject({ operation: "remove" });
    expect(api.faults).toEqual([]);
  });

  test("a refused write is not repeated", async () => {
    const api = recordSets();
    const handle = await open(api);
    api.faults.push({ error: new ProviderError("PROVIDER_QUOTA", "full"), lost: true });
    await expect(handle.add([txt("a", "1")])).rejects.toMatchObject({ code: "PROVIDER_QUOTA", operation: "add" });
    expect(api.writes).toEqual([]);
  });

  test("one write for many names where the API takes a batch, of the changed ones only", async () => {
    const api = recordSets({ "b.example.com": ["2"] });
    const batches: string[][] = [];
    const handle = await open({
      ...api,
      set: async () => Promise.reject(new Error("not in a batch")),
      setAll: async (_zone, sets) => {
        batches.push(sets.map(({ set, values }) => `${set.fqdn}=${values}`));
        for (const { set, values } of sets) await api.set(set, values);
      },
    });
    const records = [txt("a", "1"), txt("b", "2"), txt("c", "3"), txt("c", "4")];
    await handle.add(records);
    await handle.add(records);
    await handle.remove(records);
    expect(batches).toEqual([
      ["a.example.com=1", "c.example.com=3,4"],
      ["a.example.com=", "b.example.com=", "c.example.com="],
    ]);
  });

  test("reads one set at a time where the API takes one call at a time", async () => {
    const api = recordSets();
    const handle = await open({ ...api, setAll: async () => {} }, { concurrency: "zone" });
    await handle.add(["a", "b", "c", "d"].map((name) => txt(name, "1")));
    expect(api.meter).toEqual({ most: 1, calls: 4 });
  });

  test("a value that is not ours is never pushed out", async () => {
    const api = recordSets({ "a.example.com": ["foreign"] });
    const handle = await open(api, { maxValues: 1 });
    await expect(handle.add([txt("a", "1")])).rejects.toMatchObject({
      code: "PROVIDER_QUOTA",
      message: expect.stringContaining("a.example.com already holds 1 TXT value;"),
    });
    await handle.add([txt("b", "1")]);
    expect(api.writes).toEqual(["b.example.com=1"]);
  });
});
