import { expect, test } from "vitest";
import { recordsById } from "./records-by-id.ts";
import type { TxtRecord } from "./shapes.ts";

interface Entry {
  readonly id: string;
  readonly name: string;
  readonly value: string;
}

const zone = { name: "example.com", id: "1" };
const record = (name: string, value: string): TxtRecord => ({
  zone,
  name,
  value,
  fqdn: `${name}.example.com`,
  ttl: 60,
});

/** An API over these entries, in pages of two, which notes its calls. */
function api(...entries: Entry[]) {
  const calls: string[] = [];
  const shape = recordsById<Entry>({
    async *list() {
      for (let at = 0; at < entries.length; at += 2) yield* entries.slice(at, at + 2);
    },
    is: (entry, { name, value }) => entry.name === name && entry.value === value,
    id: ({ id }) => id,
    async create({ name, value }) {
      calls.push(`create ${name} ${value}`);
      entries.push({ id: "new", name, value });
      return "new";
    },
    async delete({ name }, id) {
      calls.push(`delete ${name} ${id}`);
      entries.splice(
        entries.findIndex((entry) => entry.id === id),
        1,
      );
    },
  });
  return { shape, calls, entries };
}

test("what is there is not made again, and its id is answered", async () => {
  const { shape, calls } = api({ id: "1", name: "b", value: "x" }, { id: "2", name: "a", value: "x" });
  expect(await shape.add(record("a", "x"))).toBe("2");
  expect(calls).toEqual([]);
});

test("what is missing is made once", async () => {
  const { shape, calls } = api({ id: "1", name: "a", value: "y" });
  expect(await shape.add(record("a", "x"))).toBe("new");
  expect(await shape.add(record("a", "x"))).toBe("new");
  expect(calls).toEqual(["create a x"]);
});

test("every copy of the value goes, whatever page it is on, and nothing else", async () => {
  const others = [
    { id: "1", name: "a", value: "y" },
    { id: "2", name: "b", value: "x" },
  ];
  const copies = ["3", "4", "5"].map((id) => ({ id, name: "a", value: "x" }));
  const { shape, calls, entries } = api(...copies, ...others);
  await shape.remove({ ...record("a", "x"), id: "outdated" });
  expect(calls).toEqual(["delete a 3", "delete a 4", "delete a 5"]);
  expect(entries).toEqual(others);
  await shape.remove(record("a", "x"));
  expect(calls).toHaveLength(3);
});

test("a list may also come as a promise of all of it", async () => {
  const shape = recordsById<Entry>({
    list: async () => [{ id: "7", name: "a", value: "x" }],
    is: () => true,
    id: ({ id }) => id,
    create: async () => undefined,
    delete: async () => undefined,
  });
  expect(await shape.add(record("a", "x"))).toBe("7");
});
