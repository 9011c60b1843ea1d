import type { ProviderHandle, TxtRecord } from "@certwright/provider";
import { describe, expect, it } from "vitest";
import { openJournal } from "../store/journal.ts";
import { memoryStore } from "../store/memory-store.ts";
import type { World } from "../world.ts";
import { createDnsSolver } from "./dns-01.ts";
import type { Task } from "./solver.ts";

/** A solver over one provider with these traits; it is only asked how it splits tasks. */
function solverWith(traits: object) {
  const handle = { instance: "test", definition: { traits } } as unknown as ProviderHandle;
  return createDnsSolver({
    type: "dns-01",
    bindings: [{ handle, reopen: async () => handle }],
    followAlias: true,
    aliases: {},
    propagation: { type: "off" },
    certificate: "test",
    journal: { record: async () => [], done: () => undefined, pending: () => [] },
    world: {} as never,
  });
}

const task = (value: string, wildcard: boolean): Task => ({
  id: `${value} ${wildcard}`,
  type: "dns-01",
  identifier: { type: "dns", value },
  wildcard,
  token: "token",
  keyAuthorization: `token.${value}${wildcard}`,
  accountUrl: "https://ca.test/a",
});
const tasks = [task("a.test", false), task("a.test", true), task("b.test", false)];
const rounds = (traits: object) =>
  solverWith(traits)
    .rounds?.(tasks)
    .map((round) => round.map(({ id }) => id));

describe("the rounds of dns-01", () => {
  it("are one where a name holds any number of values", () => {
    expect(rounds({})).toEqual([["a.test false", "a.test true", "b.test false"]]);
    expect(rounds({ maxValues: 2 })).toHaveLength(1);
  });

  it("prove a name and its wildcard in turns where a name holds one value", () => {
    expect(rounds({ maxValues: 1 })).toEqual([["a.test false", "b.test false"], ["a.test true"]]);
  });

  it("take one name at a time where all names of a zone show the same value", () => {
    expect(rounds({ maxValues: 1, limits: { separateNames: "one value for all" } })).toEqual([
      ["a.test false"],
      ["a.test true"],
      ["b.test false"],
    ]);
  });
});

it("leaves a value that another certificate still shows to the CA, and the last one removes it", async () => {
  const there = new Set<string>();
  const handle = {
    instance: "test",
    definition: { traits: {} },
    listsZones: true,
    findZone: async () => ({ name: "a.test", id: "1" }),
    add: async (records: readonly TxtRecord[]) => {
      for (const { value } of records) there.add(value);
      return [];
    },
    remove: async (records: readonly TxtRecord[]) => {
      for (const { value } of records) there.delete(value);
    },
  } as unknown as ProviderHandle;
  const { signal } = new AbortController();
  const journal = await openJournal(memoryStore(), signal);
  const solver = (certificate: string) =>
    createDnsSolver({
      type: "dns-01",
      bindings: [{ handle, reopen: async () => handle }],
      followAlias: false,
      aliases: {},
      propagation: { type: "off" },
      certificate,
      journal,
      world: { now: () => 0, signal, emit: () => undefined } as unknown as World,
    });
  const [one, two] = [solver("one"), solver("two")];
  // An authorization that is pending is given to both orders.
  const shared = [task("a.test", false)];
  for (const each of [one, two]) expect(await each.present(shared, signal)).toEqual([]);
  await one.cleanUp(shared, signal);
  expect([there.size, journal.pending().map(({ certificate }) => certificate)]).toEqual([1, ["two"]]);
  await two.cleanUp(shared, signal);
  expect([there.size, journal.pending()]).toEqual([0, []]);
  await journal.close();
});
