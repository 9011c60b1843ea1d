import type { ProviderHandle } from "@certwright/provider";
import { expect, it } from "vitest";
import type { CertwrightEvent } from "../events.ts";
import type { World } from "../world.ts";
import { waitInSync } from "./in-sync.ts";

/** Waits for an API that answers these, one after another, in a time of its own. */
async function waitFor(answers: readonly (boolean | Error)[] | undefined, timeoutMs = 10_000) {
  const events: CertwrightEvent[] = [];
  let now = 0;
  let asked = 0;
  const world = {
    now: () => now,
    sleep: async (milliseconds: number) => {
      now += milliseconds;
    },
    emit: (event: CertwrightEvent) => void events.push(event),
  } as unknown as World;
  const inSync = async (): Promise<boolean> => {
    const answer = answers?.[Math.min(asked++, answers.length - 1)];
    if (answer instanceof Error) throw answer;
    return answer ?? false;
  };
  const handle = { instance: "test", ...(answers === undefined ? {} : { inSync }) } as unknown as ProviderHandle;
  const binding = { handle, reopen: async () => handle };
  await waitInSync({
    binding,
    zone: { name: "a.test", id: "1" },
    timeoutMs,
    world,
    signal: new AbortController().signal,
  });
  return { events, asked, now };
}

it("waits until the API says so, and for nothing where it does not tell", async () => {
  expect(await waitFor([false, false, true])).toMatchObject({ asked: 3, events: [] });
  expect(await waitFor(undefined)).toMatchObject({ asked: 0, now: 0, events: [] });
});

it("goes on with a warning where the API fails, or never says yes", async () => {
  expect(await waitFor([new Error("the API is away")])).toMatchObject({
    asked: 1,
    events: [{ code: "DNS_NOT_IN_SYNC", message: expect.stringContaining("away") }],
  });
  const { now, events } = await waitFor([false], 5_000);
  expect(now).toBeLessThan(5_000);
  expect(events).toMatchObject([{ code: "DNS_NOT_IN_SYNC" }]);
});
