import { expect, test } from "vitest";
import { targets } from "./figures.ts";
import { threeWeeks } from "./scenario.ts";
import { simulate } from "./simulate.ts";

test("three weeks of 330 certificates, the CA down for two days: none expires, no limit is hit, no hour is crowded", async () => {
  const figures = await simulate(threeWeeks);
  expect(figures.expired).toEqual([]);
  expect(figures.limited).toEqual([]);
  expect(Math.abs(figures.ordersToIdeal - 1)).toBeLessThanOrEqual(targets.ordersToIdeal);
  expect(figures.peakToMean).toBeLessThanOrEqual(threeWeeks.peakToMean);
  // The limit of 50 new names of a domain a week was in the way, or it would not have been tried.
  expect(figures.rampDays).toBeGreaterThan(4);
  // Those the outage caught had a sixth of their life left at least.
  expect(figures.leastLeft).toBeGreaterThan(1 / 6);
});

test("certificates from another program, a service often restarted, a second outage: none expires, no limit is hit", async () => {
  const figures = await simulate({
    ...threeWeeks,
    kinds: [{ label: "160 h", lifeMs: 160 * 3_600_000, count: 60 }],
    isImported: true,
    restartHours: 5,
    days: 10,
    outages: [
      { fromDay: 3, days: 2 },
      { fromDay: 5 + 1 / 24, days: 20 / 24 },
    ],
  });
  expect([figures.expired, figures.limited, figures.rampDays]).toEqual([[], [], 0]);
  expect(figures.ordersToIdeal).toBeLessThanOrEqual(1 + targets.ordersToIdeal);
  // Nothing could be renewed before the first outage, and little between the two.
  expect(figures.leastLeft).toBeLessThan(1 / 6);
});
