import { describe, expect, test } from "vitest";
import { ProviderError } from "./errors.ts";
import type { TxtRecord } from "./shapes.ts";
import { lostAnswer, meter, open, other, txt, zone } from "./testing/open.ts";

describe("an API of single records", () => {
  test("gets every value once, with the smallest TTL it takes, and gives ids back in order", async () => {
    const added: TxtRecord[] = [];
    const handle = await open(
      { add: async (record) => `id-${added.push(record)}`, remove: async () => {} },
      { minTtl: 300, concurrency: "serial" },
    );
    const ids = await handle.add([txt("a", "1"), txt("b", "2"), txt("a", "1"), txt("a", "3", other)]);
    expect(added.map(({ fqdn, value, ttl }) => [fqdn, value, ttl])).toEqual([
      ["a.example.com", "1", 300],
      ["b.example.com", "2", 300],
      ["a.example.org", "3", 300],
    ]);
    expect(ids).toEqual(["id-1", "id-2", "id-1", "id-3"]);
  });

  test("uses a batch where there is one, one call per zone", async () => {
    const calls: string[] = [];
    const handle = await open({
      add: async () => Promise.reject(new Error("not in a batch")),
      remove: async () => Promise.reject(new Error("not in a batch")),
      addAll: async ({ id }, records) => {
        calls.push(`add ${id} ${records.length}`);
        return id === "z1" ? records.map(({ value }) => `id-${value}`) : undefined;
      },
      removeAll: async ({ id }, records) => void calls.push(`remove ${id} ${records.map((record) => record.id)}`),
    });
    const records = [txt("a", "1"), txt("x", "9", other), txt("b", "2")];
    expect(await handle.add(records)).toEqual(["id-1", undefined, "id-2"]);
    await handle.remove(records.map((record) => ({ ...record, id: `id-${record.value}` })));
    await handle.remove([]);
    expect(calls.sort()).toEqual(["add z1 2", "add z2 1", "remove z1 id-1,id-2", "remove z2 id-9"]);
  });

  test("changes of one zone that would wait for each other go together; one that is bad spoils no other", async () => {
    const calls: string[] = [];
    const addAll = async (_zone: unknown, records: readonly TxtRecord[]) => {
      calls.push(records.map(({ value }) => value).join());
      if (records.some(({ value }) => value === "bad")) throw new ProviderError("PROVIDER_INVALID", "no such value");
      return records.map(({ value }) => `id-${value}`);
    };
    const removeAll = async (_zone: unknown, records: readonly TxtRecord[]) => void calls.push(`-${records.length}`);
    const shape = { add: async () => "", remove: async () => {}, addAll, removeAll };
    const handle = await open(shape, { concurrency: "zone" });
    const records = ["1", "2", "bad", "3"].map((value) => txt(`n${value}`, value));
    const added = await Promise.allSettled(records.map((record) => handle.add([record])));
    expect(calls).toEqual(["1", "2,bad,3", "2", "bad", "3"]);
    expect(added.map((each) => (each.status === "fulfilled" ? each.value : each.reason.code))).toEqual([
      ["id-1"],
      ["id-2"],
      "PROVIDER_INVALID",
      ["id-3"],
    ]);
    await Promise.all(records.map((record) => handle.remove([record])));
    expect(calls.slice(5)).toEqual(["-1", "-3"]);

    calls.length = 0;
    const narrow = await open(shape, { concurrency: "zone", maxValues: 1 });
    await Promise.all(records.slice(0, 2).map((record) => narrow.add([record])));
    expect(calls).toEqual(["1", "2"]);
  });

  test.each([
    ["free", 8],
    ["name", 2],
    ["zone", 2],
    ["serial", 1],
  ] as const)("%s lets %i calls run at once", async (concurrency, most) => {
    const { seen, during } = meter();
    const handle = await open({ add: () => during(() => "id"), remove: () => during(() => {}) }, { concurrency });
    const many = Array.from({ length: 6 }, (_, index) => txt("a", `${index}`));
    const records =
      concurrency === "name"
        ? [...many, ...many.map((record) => ({ ...record, fqdn: "b.example.com" }))]
        : [...many, ...many.map((r) => txt("a", r.value, other))];
    await handle.add(concurrency === "free" ? Array.from({ length: 20 }, (_, index) => txt("a", `${index}`)) : records);
    expect(seen.most).toBe(most);
    await handle.remove(records);
  });

  test("repeats a call of uncertain outcome once, and no other", async () => {
    let calls = 0;
    const handle = await open({
      add: async ({ value }) => {
        calls++;
        if (value === "lost" && calls === 1) throw lostAnswer();
        if (value === "always lost") throw lostAnswer();
        if (value === "bad") throw new ProviderError("PROVIDER_INVALID", "no");
      },
      remove: async () => {},
    });
    await handle.add([txt("a", "lost")]);
    expect(calls).toBe(2);
    await expect(handle.add([txt("a", "always lost")])).rejects.toMatchObject({
      code: "PROVIDER_TIMEOUT",
      uncertain: true,
    });
    expect(calls).toBe(4);
    await expect(handle.add([txt("a", "bad")])).rejects.toMatchObject({
      code: "PROVIDER_INVALID",
      operation: "add",
      provider: "acme",
    });
    expect(calls).toBe(5);
  });

  test("removal goes on after a failure about one record, and stops after one about all", async () => {
    const tried: string[] = [];
    const handle = await open(
      {
        add: async () => {},
        remove: async ({ value }) => {
          tried.push(value);
          if (value === "odd") throw new ProviderError("PROVIDER_INVALID", "odd");
          if (value === "down") throw new ProviderError("PROVIDER_AUTH", "down");
        },
      },
      { concurrency: "serial" },
    );
    const remove = (...values: string[]) => handle.remove(values.map((value) => txt("a", value)));
    await expect(remove("odd", "1", "2")).rejects.toMatchObject({ message: "odd", operation: "remove" });
    expect(tried).toEqual(["odd", "1", "2"]);
    await expect(remove("down", ..."345678901234")).rejects.toMatchObject({ code: "PROVIDER_AUTH" });
    expect(tried.length).toBeLessThan(3 + 10);
  });

  test("more values at a name than fit are refused before anything is sent", async () => {
    const added: string[] = [];
    const handle = await open(
      { add: async ({ value }) => void added.push(value), remove: async () => {} },
      { maxValues: 1 },
    );
    await expect(handle.add([txt("b", "0"), txt("a", "1"), txt("a", "2")])).rejects.toMatchObject({
      code: "PROVIDER_UNSUPPORTED",
    });
    expect(added).toEqual([]);
    await handle.add([txt("a", "1"), txt("a", "1"), txt("b", "2")]);
    expect(added.sort()).toEqual(["1", "2"]);
  });
});

test("the zone handed to a batch is the records' own", async () => {
  const handle = await open({
    add: async () => {},
    remove: async () => {},
    addAll: async (given) => void expect(given).toEqual(zone),
  });
  await handle.add([txt("@", "1")]);
});
