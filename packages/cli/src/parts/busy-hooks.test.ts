import type { CertificateSpec, OrderHooks } from "@certwright/core";
import { expect, test } from "vitest";
import { createBusyHooks } from "./busy-hooks.ts";

const spec = (name: string) => ({ name }) as CertificateSpec;
const failed = { ok: false, error: new Error("no") } as const;

test("what is begun while the last ones finish waits for their end, and counts as another run", async () => {
  const told: string[] = [];
  const ending = Promise.withResolvers<void>();
  let runs = 0;
  const hooks = createBusyHooks((): OrderHooks => {
    const run = ++runs;
    return {
      before: async ({ name }) => void told.push(`${run} stopped for ${name}`),
      after: async () => {},
      finish: async () => {
        told.push(`${run} starting again`);
        await ending.promise;
        told.push(`${run} started again`);
        return [];
      },
    };
  });
  await hooks.before(spec("a"), "due");
  const over = hooks.after(spec("a"), failed);
  await new Promise((resolve) => setImmediate(resolve));
  const next = hooks.before(spec("b"), "due");
  const another = hooks.before(spec("c"), "due");
  await new Promise((resolve) => setImmediate(resolve));
  ending.resolve();
  await Promise.all([over, next, another]);
  expect(told).toEqual([
    "1 stopped for a",
    "1 starting again",
    "1 started again",
    "2 stopped for b",
    "2 stopped for c",
  ]);
});
