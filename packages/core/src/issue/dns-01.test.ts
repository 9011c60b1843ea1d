import type { ProviderHandle } from "@certwright/provider";
import { describe, expect, it } from "vitest";
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
    journal: { record: async () => [], done: () => undefined },
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
