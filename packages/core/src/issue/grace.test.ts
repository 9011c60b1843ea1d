import { expect, it } from "vitest";
import { afterGrace } from "./grace.ts";

it("lets a write end after the run was stopped, but not for ever, and then tells the run's own reason", async () => {
  const run = new AbortController();
  const late = afterGrace(run.signal, 20);
  expect(afterGrace(run.signal)).toBe(late);
  const reason = new Error("stopped");
  run.abort(reason);
  expect(late.aborted).toBe(false);
  await expect.poll(() => late.aborted).toBe(true);
  expect(late.reason).toBe(reason);
});

it("gives the same grace where the run was stopped before", async () => {
  const late = afterGrace(AbortSignal.abort(), 20);
  expect(late.aborted).toBe(false);
  await expect.poll(() => late.aborted).toBe(true);
});
