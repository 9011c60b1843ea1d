import { expect, test } from "vitest";
import type { S3Credentials } from "./credentials.ts";
import { keepCredentials } from "./keep.ts";

const minute = 60_000;

/** Credentials that live for an hour, numbered; a clock to set, and fetches that are let end one by one. */
function world() {
  let now = 0;
  let fetched = 0;
  const waiting: PromiseWithResolvers<void>[] = [];
  let isHeld = false;
  const load = async (): Promise<S3Credentials> => {
    fetched += 1;
    const accessKeyId = `AKIA${fetched}`;
    if (isHeld) {
      const held = Promise.withResolvers<void>();
      waiting.push(held);
      await held.promise;
    }
    return { accessKeyId, secretAccessKey: "secret", expires: now + 60 * minute };
  };
  return {
    source: keepCredentials(load, () => now),
    at: (milliseconds: number) => {
      now = milliseconds;
    },
    hold: () => {
      isHeld = true;
    },
    waiting,
    fetched: () => fetched,
  };
}

test("credentials are fetched once for all who ask, and kept", async () => {
  const { source, at, fetched } = world();
  const all = await Promise.all([source(), source(), source()]);
  expect(new Set(all).size).toBe(1);
  at(54 * minute);
  expect(await source()).toBe(all[0]);
  expect(fetched()).toBe(1);
});

test("shortly before they end others are fetched, and nobody waits for them", async () => {
  const { source, at, hold, waiting, fetched } = world();
  const first = await source();
  at(56 * minute);
  hold();
  expect(await Promise.all([source(), source()])).toEqual([first, first]);
  expect(fetched()).toBe(2);
  waiting[0]?.resolve();
  await expect.poll(async () => (await source()).accessKeyId).toBe("AKIA2");
  expect(fetched()).toBe(2);
});

test("a fetch that fails is tried again while the old ones work, not at once; when they do not, it is told", async () => {
  const { source, at, hold, waiting, fetched } = world();
  const first = await source();
  hold();
  at(56 * minute);
  expect(await source()).toBe(first);
  waiting[0]?.reject(new Error("STS is away"));
  await expect.poll(() => source()).toBe(first);
  at(56 * minute + 29_000);
  expect(await source()).toBe(first);
  expect(fetched()).toBe(2);
  at(57 * minute);
  expect(await source()).toBe(first);
  expect(fetched()).toBe(3);
  waiting[1]?.reject(new Error("STS is away"));
  await new Promise(setImmediate);
  at(59 * minute + 30_000);
  const asked = source();
  waiting[2]?.reject(new Error("STS is away"));
  await expect(asked).rejects.toThrow("STS is away");
});

test("those that were refused are given up, once for all who were refused with them", async () => {
  const { source, fetched } = world();
  const first = await source();
  const [one, two] = await Promise.all([source(first), source(first)]);
  expect(one).toBe(two);
  expect(await source(first)).toBe(one);
  expect(fetched()).toBe(2);
});

test("credentials that say no end are fetched again only when they are refused", async () => {
  let fetched = 0;
  let now = 0;
  const source = keepCredentials(
    async () => {
      fetched += 1;
      return { accessKeyId: "AKIA", secretAccessKey: "s" };
    },
    () => now,
  );
  const first = await source();
  now = 400 * 24 * 60 * minute;
  expect(await source()).toBe(first);
  await source(first);
  expect(fetched).toBe(2);
});
