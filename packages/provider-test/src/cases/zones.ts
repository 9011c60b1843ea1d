import assert from "node:assert/strict";
import { isCertwrightError } from "@certwright/provider";
import { assertValues, failure, lost, settled } from "../expect.ts";
import { challengeValue, zoneNames } from "../fixture.ts";
import { type FakeWorld, removes, txt, zoneOf } from "../world.ts";
import type { Case } from "./case.ts";

const value = challengeValue("zones");

async function roundTripIn(world: FakeWorld, zoneName: string, name: string) {
  const handle = await world.open();
  const fqdn = `${name}.${zoneName}`;
  const zone = await settled(zoneOf(world, handle, fqdn, zoneName), "finding the zone");
  assert.equal(zone.name, zoneName, `the zone of ${fqdn}`);
  const before = world.dns.dump();
  await settled(handle.add([txt(zone, name, value)]), "add");
  assertValues(world.dns.zone(zoneName).values(fqdn), [value], `in ${zoneName}`);
  await settled(handle.remove([txt(zone, name, value)]), "remove");
  const after = world.dns.dump();
  if (removes(world.traits)) assert.deepEqual(after, before, "everything else stays");
  else assert.deepEqual(lost(before, after), [], "everything else stays");
}

/** How many entries make a third page: the largest page the API gave in a first run, or a hundred where it has none. */
async function threePages(world: FakeWorld, run: () => Promise<void>): Promise<number> {
  const start = world.dns.pageSizes.length;
  await run();
  return 2 * Math.max(50, ...world.dns.pageSizes.slice(start)) + 1;
}

/** Which zone, and finding it among many. */
export const zoneCases: readonly Case[] = [
  {
    name: "takes the deepest of two nested zones",
    needs: "fake",
    async run(world) {
      await roundTripIn(world, zoneNames.inner, "_acme-challenge.www");
      await roundTripIn(world, zoneNames.main, "_acme-challenge.b");
    },
  },
  {
    name: "works in a zone with an internationalised name",
    needs: "fake",
    run: (world) => roundTripIn(world, zoneNames.idn, "_acme-challenge.www"),
  },
  {
    name: "finds a zone on the last of many pages",
    needs: "fake",
    leaves: true,
    async run(world) {
      const count = await threePages(world, () => roundTripIn(world, zoneNames.main, "_acme-challenge.page"));
      for (let number = 0; number < count; number += 1) world.dns.addZone(`filler-${number}.example`);
      world.dns.addZone("zone-at-the-end.example");
      await roundTripIn(world, "zone-at-the-end.example", "_acme-challenge.page");
    },
  },
  {
    name: "finds a record behind many others",
    needs: "fake",
    leaves: true,
    async run(world) {
      const { main } = zoneNames;
      const count = await threePages(world, () => roundTripIn(world, main, "_acme-challenge.page"));
      const zone = world.dns.zone(main);
      for (let number = 0; number < count; number += 1)
        zone.add({ name: `filler-${number}`, value: `filler ${number}` });
      await roundTripIn(world, main, "_acme-challenge.page");
    },
  },
  {
    name: "refuses a zone the account does not have, and writes nothing",
    needs: "fake",
    async run(world) {
      const handle = await world.open();
      const name = "unknown-zone.example";
      const before = world.dns.dump();
      if ((await world.offers()).zones) {
        const found = await settled(handle.findZone(`_acme-challenge.${name}`), "findZone").catch((error: unknown) => {
          assert.ok(isCertwrightError(error) && error.code === "PROVIDER_ZONE_NOT_FOUND", `findZone failed: ${error}`);
        });
        assert.equal(found, undefined, "a zone was found that does not exist");
      }
      const error = await failure(
        handle.add([txt({ name, id: name }, "_acme-challenge", value)]),
        "adding to an unknown zone",
      );
      assert.ok(isCertwrightError(error), `adding to an unknown zone must fail with a typed error, not ${error}`);
      assert.deepEqual(world.dns.dump(), before, "nothing is written");
    },
  },
  {
    name: "reads names spelled with capitals and a trailing dot",
    needs: "http",
    async run(world) {
      world.scene.respell = respell;
      await roundTripIn(world, zoneNames.main, "_acme-challenge.spelling");
      await roundTripIn(world, zoneNames.inner, "_acme-challenge.spelling");
    },
  },
];

/** Whole strings of an answer that are names in a test zone, in capitals and with a dot at the end. */
function respell(body: string): string {
  return body.replace(/(["'>])((?:[\w-]+\.)*(?:a\.)?example\.com)\.?(["'<])/g, (_, before, name, after) => {
    return `${before}${String(name).toUpperCase()}.${after}`;
  });
}
