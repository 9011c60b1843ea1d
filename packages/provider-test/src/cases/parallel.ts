import assert from "node:assert/strict";
import { assertValues, settled } from "../expect.ts";
import { challengeValue } from "../fixture.ts";
import { afterRemoval, txt, zoneOf } from "../world.ts";
import { type Case, room } from "./case.ts";

const numbers = (count: number) => Array.from({ length: count }, (_, index) => index);

/** Many at once: the host's locks and the provider's batches. */
export const parallelCases: readonly Case[] = [
  {
    name: "ten parallel adds at one name all arrive",
    needs: "any",
    when: room(10),
    async run(world) {
      const name = "_acme-challenge.crowd";
      const fqdn = `${name}.${world.zone}`;
      const handle = await world.open();
      const zone = await zoneOf(world, handle, fqdn);
      const records = numbers(10).map((number) => txt(zone, name, challengeValue(`crowd-${number}`)));
      await settled(Promise.all(records.map((record) => handle.add([record]))), "ten parallel adds");
      assertValues(
        await world.read(fqdn),
        records.map(({ value }) => value),
        "after ten parallel adds",
      );
      await settled(Promise.all(records.map((record) => handle.remove([record]))), "ten parallel removals");
      const gone = records.map(({ value }) => value);
      assertValues(await world.read(fqdn), afterRemoval(world, gone), "after ten parallel removals");
    },
  },
  {
    name: "ten parallel adds at ten names all arrive",
    needs: "any",
    without: ["separateNames"],
    async run(world) {
      const handle = await world.open();
      const zone = await zoneOf(world, handle, `_acme-challenge.n0.${world.zone}`);
      const records = numbers(10).map((number) =>
        txt(zone, `_acme-challenge.n${number}`, challengeValue(`n-${number}`)),
      );
      await settled(Promise.all(records.map((record) => handle.add([record]))), "ten parallel adds");
      for (const { fqdn, value } of records) assertValues(await world.read(fqdn), [value], `at ${fqdn}`);
      await settled(Promise.all(records.map((record) => handle.remove([record]))), "ten parallel removals");
      for (const { fqdn, value } of records)
        assertValues(await world.read(fqdn), afterRemoval(world, [value]), `at ${fqdn} after removal`);
    },
  },
  {
    name: "a list of names and values goes in and out together",
    needs: "any",
    when: room(4),
    async run(world) {
      const handle = await world.open();
      const zone = await zoneOf(world, handle, `_acme-challenge.list.${world.zone}`);
      const records = numbers(12).map((number) =>
        txt(zone, `_acme-challenge.list${number % 3}`, challengeValue(`list-${number}`)),
      );
      const ids = await settled(handle.add(records), "adding a list");
      for (const { fqdn } of records) {
        const expected = records.filter((record) => record.fqdn === fqdn).map(({ value }) => value);
        assertValues(await world.read(fqdn), expected, `at ${fqdn}`);
      }
      const known = records.map((record, index) => ({
        ...record,
        ...(ids[index] === undefined ? {} : { id: ids[index] }),
      }));
      await settled(handle.remove(known), "removing a list");
      for (const { fqdn } of records) {
        const gone = records.filter((record) => record.fqdn === fqdn).map(({ value }) => value);
        assertValues(await world.read(fqdn), afterRemoval(world, gone), `at ${fqdn} after removal`);
      }
    },
  },
  {
    name: "no more calls run at once than declared",
    needs: "http",
    when: ({ concurrency, granularity }) => ["zone", "serial"].includes(concurrency ?? granularity),
    async run(world) {
      const handle = await world.open();
      const zone = await zoneOf(world, handle, `_acme-challenge.c0.${world.zone}`);
      const records = numbers(6).map((number) =>
        txt(zone, `_acme-challenge.c${number}`, challengeValue(`c-${number}`)),
      );
      world.scene.busiest = 0;
      await settled(Promise.all(records.map((record) => handle.add([record]))), "parallel adds");
      await settled(handle.remove(records), "removing them together");
      assert.equal(world.scene.busiest, 1, "calls at once in one zone");
    },
  },
  {
    name: "a batch needs few writes: 100 names",
    needs: "http",
    without: ["separateNames"],
    async run(world) {
      const { batch } = await world.offers();
      const handle = await world.open();
      const zone = await zoneOf(world, handle, `_acme-challenge.b0.${world.zone}`);
      const records = numbers(batch ? 100 : 5).map((number) =>
        txt(zone, `_acme-challenge.b${number}`, challengeValue(`b-${number}`)),
      );
      const start = world.scene.changing;
      const ids = await settled(handle.add(records), "adding many names");
      const written = world.scene.changing;
      const known = records.map((record, index) => ({
        ...record,
        ...(ids[index] === undefined ? {} : { id: ids[index] }),
      }));
      await settled(handle.remove(known), "removing many names");
      for (const { fqdn, value } of records)
        assertValues(await world.read(fqdn), afterRemoval(world, [value]), `at ${fqdn} after removal`);
      const limit = batch ? 10 : records.length;
      assert.ok(written - start <= limit, `${written - start} writes to add ${records.length} names`);
      assert.ok(world.scene.changing - written <= limit, `${world.scene.changing - written} writes to remove them`);
    },
  },
];
