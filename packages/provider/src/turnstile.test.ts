import { expect, it } from "vitest";
import { turnstile } from "./turnstile.ts";

it("lets no more work at a time than there is room for, in the order they came, whatever becomes of them", async () => {
  const through = turnstile(2);
  const gates = Array.from({ length: 4 }, () => Promise.withResolvers<void>());
  const begun: number[] = [];
  const work = gates.map(({ promise }, index) =>
    through(async () => {
      begun.push(index);
      await promise;
    }),
  );
  await new Promise(setImmediate);
  expect(begun).toEqual([0, 1]);
  gates[1]?.reject(new Error("no"));
  await expect(work[1]).rejects.toThrow("no");
  await new Promise(setImmediate);
  expect(begun).toEqual([0, 1, 2]);
  for (const gate of gates) gate.resolve();
  await Promise.allSettled(work);
  expect(begun).toEqual([0, 1, 2, 3]);
});

it("does not wake those who left in place of those who wait", async () => {
  const through = turnstile(1);
  const gate = Promise.withResolvers<void>();
  const leaving = new AbortController();
  const first = through(() => gate.promise);
  const left = through(() => Promise.reject(new Error("it was let in")), leaving.signal);
  const last = through(async () => "done");
  leaving.abort(new Error("left"));
  await expect(left).rejects.toThrow("left");
  gate.resolve();
  await first;
  expect(await last).toBe("done");
});
