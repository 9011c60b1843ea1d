import assert from "node:assert/strict";
import { assertCode, assertValues, failure, settled } from "../expect.ts";
import { challengeValue } from "../fixture.ts";
import { afterRemoval, removes, txt, type World, zoneOf } from "../world.ts";
import { type Case, several } from "./case.ts";

const one = challengeValue("one");
const two = challengeValue("two");

/** Adds values at a name, checks that they and what was there are seen, removes them and checks again. */
async function roundTrip(world: World, name: string, values: readonly string[], zoneName = world.zone) {
  const handle = await world.open();
  const fqdn = name === "@" ? zoneName : `${name}.${zoneName}`;
  const zone = await zoneOf(world, handle, fqdn, zoneName);
  assert.equal(zone.name, zoneName, `the zone of ${fqdn}`);
  let before = await world.read(fqdn);
  for (const value of values) {
    const [id] = await settled(handle.add([txt(zone, name, value)]), "add");
    const both = removes(world.traits) ? [...before, value] : afterRemoval(world, [value], before);
    assertValues(await world.read(fqdn), both, `after adding ${value}`);
    await settled(handle.remove([txt(zone, name, value, id)]), "remove");
    before = afterRemoval(world, [value], before);
    assertValues(await world.read(fqdn), before, `after removing ${value}`);
  }
}

/** For a declared limit: the value is refused, and what is written is nothing, not something else. */
async function refused(world: World, name: string, value: string) {
  const handle = await world.open();
  const fqdn = name === "@" ? world.zone : `${name}.${world.zone}`;
  const before = await world.read(fqdn);
  const zone = await zoneOf(world, handle, fqdn);
  const error = await failure(handle.add([txt(zone, name, value)]), "adding what the API cannot hold");
  assertCode(error, ["PROVIDER_UNSUPPORTED", "PROVIDER_INVALID"], "adding what the API cannot hold");
  assertValues(await world.read(fqdn), before, "after the refusal");
}

const longValue = `letsencrypt.org; accounturi=https://acme.example/acct/1; note=${"x".repeat(250)}`;
const special = ['a "quoted" word', "back\\slash", "semi;colon", "two  spaces", 'all "of\\ it"; here'];

/** What a provider is for: values come and go, everything else stays. */
export const valueCases: readonly Case[] = [
  {
    name: "adds a value, then removes it",
    needs: "any",
    without: ["removal"],
    run: (world) => roundTrip(world, "_acme-challenge.www", [one]),
  },
  {
    name: "keeps both values of one name, and removing one leaves the other",
    needs: "any",
    when: several,
    async run(world) {
      const handle = await world.open();
      const fqdn = `_acme-challenge.pair.${world.zone}`;
      const zone = await zoneOf(world, handle, fqdn);
      const records = [txt(zone, "_acme-challenge.pair", one), txt(zone, "_acme-challenge.pair", two)] as const;
      const [first] = await handle.add([records[0]]);
      const [second] = await handle.add([records[1]]);
      assertValues(await world.read(fqdn), [one, two], "after adding both, one after the other");
      await handle.remove([{ ...records[0], ...(first === undefined ? {} : { id: first }) }]);
      assertValues(await world.read(fqdn), afterRemoval(world, [one], [two]), "after removing the first");
      await handle.remove([{ ...records[1], ...(second === undefined ? {} : { id: second }) }]);
      assertValues(await world.read(fqdn), afterRemoval(world, [one, two]), "after removing the second");
    },
  },
  {
    name: "takes two values of one name in turns",
    needs: "any",
    when: (traits) => !several(traits),
    run: (world) => roundTrip(world, "_acme-challenge.pair", [one, two]),
  },
  {
    name: "keeps foreign TXT values of the name",
    needs: "any",
    when: several,
    without: ["foreignValues"],
    run: (world) => roundTrip(world, "_acme-challenge.busy", [one]),
  },
  {
    name: "does not overwrite a foreign value where a name holds only one",
    needs: "any",
    when: (traits) => !several(traits),
    without: ["foreignValues"],
    async run(world) {
      const handle = await world.open();
      const fqdn = `_acme-challenge.busy.${world.zone}`;
      const before = await world.read(fqdn);
      const zone = await zoneOf(world, handle, fqdn);
      const error = await failure(
        handle.add([txt(zone, "_acme-challenge.busy", one)]),
        "adding where a foreign value is",
      );
      assertCode(error, ["PROVIDER_QUOTA", "PROVIDER_CONFLICT"], "adding where a foreign value is");
      assertValues(await world.read(fqdn), before, "after the refusal");
    },
  },
  {
    name: "keeps records of other types at the name",
    needs: "any",
    run: (world) => roundTrip(world, "mixed", [one]),
  },
  {
    name: "removing a value that is not there leaves the others",
    needs: "any",
    without: ["foreignValues"],
    async run(world) {
      const handle = await world.open();
      const fqdn = `_acme-challenge.other.${world.zone}`;
      const zone = await zoneOf(world, handle, fqdn);
      await handle.add([txt(zone, "_acme-challenge.other", one)]);
      await settled(handle.remove([txt(zone, "_acme-challenge.other", two)]), "removing an absent value");
      assertValues(await world.read(fqdn), [one], "after removing another value");
      await handle.remove([txt(zone, "_acme-challenge.other", one)]);
    },
  },
  {
    name: "the same value at another name is another record",
    needs: "any",
    without: ["separateNames"],
    async run(world) {
      const handle = await world.open();
      const zone = await zoneOf(world, handle, `_acme-challenge.same1.${world.zone}`);
      const here = txt(zone, "_acme-challenge.same1", one);
      const there = txt(zone, "_acme-challenge.same2", one);
      await handle.add([here]);
      await handle.add([there]);
      assertValues(await world.read(there.fqdn), [one], "at the second name");
      await handle.remove([here]);
      assertValues(await world.read(here.fqdn), afterRemoval(world, [one]), "at the first name after its removal");
      assertValues(await world.read(there.fqdn), [one], "at the second name after the first one's removal");
      await handle.remove([there]);
    },
  },
  {
    name: "adding twice makes no duplicate, removing twice no error",
    needs: "any",
    async run(world) {
      const handle = await world.open();
      const fqdn = `_acme-challenge.twice.${world.zone}`;
      const zone = await zoneOf(world, handle, fqdn);
      const record = txt(zone, "_acme-challenge.twice", one);
      await handle.add([record]);
      await settled(handle.add([record]), "adding a value that is there");
      assertValues(await world.read(fqdn), [one], "after adding twice");
      await handle.remove([record]);
      assertValues(await world.read(fqdn), afterRemoval(world, [one]), "after removing once");
      await settled(handle.remove([record]), "removing a value that is gone");
    },
  },
  {
    name: "works at the zone's own name",
    needs: "any",
    when: several,
    without: ["apex"],
    run: (world) => roundTrip(world, "@", [one]),
  },
  { name: "works at a deep name", needs: "any", run: (world) => roundTrip(world, "_acme-challenge.x.y.z.w", [one]) },
  {
    name: "keeps values exactly: signs in front, 43 characters",
    needs: "any",
    run: (world) =>
      roundTrip(world, "_acme-challenge.exact", [`-${one.slice(1)}`, `_${one.slice(1)}`, `--${one.slice(2)}`]),
  },
  {
    name: "keeps a value over 255 bytes",
    needs: "any",
    without: ["longValues"],
    run: (world) => roundTrip(world, "_validation-persist", [longValue]),
  },
  {
    name: "keeps quotes, backslashes, semicolons and spaces",
    needs: "any",
    without: ["specialCharacters"],
    run: (world) => roundTrip(world, "_validation-persist", special),
  },
  {
    name: "a new process removes exactly ours, without any id",
    needs: "any",
    without: ["removal"],
    async run(world) {
      const name = "_acme-challenge.crash";
      const handle = await world.open();
      const zone = await zoneOf(world, handle, `${name}.${world.zone}`);
      await handle.add([txt(zone, name, one)]);
      const later = await world.open();
      const found = await zoneOf(world, later, `${name}.${world.zone}`);
      await settled(later.remove([txt(found, name, one)]), "remove in a new process");
      assertValues(await world.read(`${name}.${world.zone}`), [], "after the clean-up");
    },
  },
  {
    name: "an outdated id does not stop the removal",
    needs: "fake",
    without: ["removal"],
    async run(world) {
      const name = "_acme-challenge.stale";
      const handle = await world.open();
      const zone = await zoneOf(world, handle, `${name}.${world.zone}`);
      const [id] = await handle.add([txt(zone, name, one)]);
      await handle.remove([txt(zone, name, one, id)]);
      await handle.add([txt(zone, name, one)]);
      const later = await world.open();
      await settled(later.remove([txt(zone, name, one, id)]), "remove with an outdated id");
      assertValues(await world.read(`${name}.${world.zone}`), [], "after removing with an outdated id");
    },
  },
];

/** Instead of the cases left out by a declared limit: the limit is real, and honest. */
export const limitCases: Readonly<Record<"longValues" | "specialCharacters" | "apex" | "removal", Case>> = {
  longValues: {
    name: "refuses a value over 255 bytes, as declared",
    needs: "any",
    run: (world) => refused(world, "_validation-persist", longValue),
  },
  specialCharacters: {
    name: "refuses quotes and backslashes, as declared",
    needs: "any",
    run: (world) => refused(world, "_validation-persist", special.at(-1) ?? ""),
  },
  apex: { name: "refuses the zone's own name, as declared", needs: "any", run: (world) => refused(world, "@", one) },
  removal: {
    name: "adds a value; removing it is no error and leaves it, as declared",
    needs: "any",
    run: (world) => roundTrip(world, "_acme-challenge.www", [one]),
  },
};
