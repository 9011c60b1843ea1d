import { expect, it } from "vitest";
import { createSlots } from "./slots.ts";

it("lets no more work at a time than there are slots, in the order they came", async () => {
  const slots = createSlots(2);
  const { signal } = new AbortController();
  const gates = Array.from({ length: 4 }, () => Promise.withResolvers<void>());
  const begun: number[] = [];
  const work = gates.map(({ promise }, index) =>
    slots.use(signal, async () => {
      begun.push(index);
      await promise;
    }),
  );
  await new Promise(setImmediate);
  expect(begun).toEqual([0, 1]);
  gates[1]?.resolve();
  await work[1];
  await new Promise(setImmediate);
  expect(begun).toEqual([0, 1, 2]);
  for (const gate of gates) gate.resolve();
  await Promise.all(work);
  expect(begun).toEqual([0, 1, 2, 3]);
});

it("does not wake those who left in place of those who wait", async () => {
  const slots = createSlots(1);
  const gate = Promise.withResolvers<void>();
  const leaving = new AbortController();
  const { signal } = new AbortController();
  const first = slots.use(signal, () => gate.promise);
  const left = slots.use(leaving.signal, () => Promise.reject(new Error("it was let in")));
  const last = slots.use(signal, async () => "done");
  leaving.abort(new Error("left"));
  await expect(left).rejects.toThrow("left");
  gate.resolve();
  await first;
  expect(await last).toBe("done");
});
