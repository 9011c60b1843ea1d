import type { Config } from "@certwright/core/config";
import { memoryStore } from "@certwright/core/store";
import { expect, test } from "vitest";
import type { Surroundings } from "../command.ts";
import { createFleetCare } from "./fleet-care.ts";

test("pauses for the interval, looks at once when it is told to, and ends when it is told to", async () => {
  const pauses: number[] = [];
  let isPausing = Promise.withResolvers<void>();
  const context = {
    stopper: { signal: new AbortController().signal },
    now: () => 0,
    sleep: (milliseconds: number, signal: AbortSignal) => {
      pauses.push(milliseconds);
      isPausing.resolve();
      return new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
    },
  };
  const config = { settings: { fleets: {} } } as Config;
  const surroundings = { context, emit: () => {} } as unknown as Surroundings;
  const care = createFleetCare(() => config, memoryStore(), surroundings);
  const end = care.start(600_000);
  await isPausing.promise;
  isPausing = Promise.withResolvers();
  care.lookNow();
  await isPausing.promise;
  await end();
  expect(pauses).toEqual([600_000, 600_000]);
});
