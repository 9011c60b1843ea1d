import { expect, test } from "vitest";
import type { CertificateSpec } from "../spec.ts";
import { failedAgain, saveFailure } from "../store/failures.ts";
import type { CertificateResult } from "./renew-certificate.ts";
import { serve } from "./serve.ts";
import { specFor, startEngine, type TestEngine } from "./testing/engine.ts";

interface Look {
  readonly result: CertificateResult;
  /** Milliseconds until the next one. */
  readonly pause: number;
}

/** Lets the service keep one certificate until it has looked so often. */
async function looksAt(
  spec: CertificateSpec,
  count: number,
  engine: TestEngine,
  onLook: () => void = () => {},
): Promise<readonly Look[]> {
  const controller = new AbortController();
  const run = await engine.run();
  const looks: Look[] = [];
  await serve(
    {
      parallel: 1,
      interval: 21_600_000,
      load: async () => [spec],
      changed: (signal) => new Promise((resolve) => signal.addEventListener("abort", () => resolve(), { once: true })),
      onLook: (result, next) => {
        looks.push({ result, pause: next.getTime() - engine.now() });
        if (looks.length === count) controller.abort(new Error("enough"));
        onLook();
      },
      onBadConfig: (error) => {
        throw error;
      },
    },
    { ...run, world: { ...run.world, signal: controller.signal } },
  );
  return looks;
}

test("a failure the ledger does not know of is not tried again at once, whatever it says of an older one", async () => {
  await using engine = await startEngine(1);
  const [ca] = engine.cas;
  const spec = specFor("a.example.com", ca);
  const before = engine.now() - 7_200_000;
  const about = { certificate: spec.name, directoryUrl: ca?.directoryUrl ?? "" };
  await saveFailure(engine.store, {
    ...about,
    ...failedAgain(undefined, { code: "X", message: "long ago" }, 0, before),
  });
  const looks = await looksAt({ ...spec, challenges: [] }, 2, engine);
  expect(looks.map(({ result }) => result)).toMatchObject([
    { outcome: "failed", error: { code: "CONFIG_NO_CHALLENGE" } },
    { outcome: "failed" },
  ]);
  for (const { pause } of looks) expect(pause).toBeGreaterThan(50_000);
});

test("a fault of our own ends no schedule, and is told", async () => {
  await using engine = await startEngine(1);
  const fault = () => {
    throw new TypeError("nobody thought of this");
  };
  expect(await looksAt(specFor("a.example.com", ...engine.cas), 2, engine, fault)).toHaveLength(2);
  expect(engine.events).toContainEqual(
    expect.objectContaining({ type: "certificate.failed", message: "TypeError: nobody thought of this" }),
  );
});

test("what is under way for a certificate that is kept no longer is ended before the service is", async () => {
  const begun = Promise.withResolvers<void>();
  const gate = Promise.withResolvers<void>();
  const solver = async (): Promise<never> => {
    begun.resolve();
    await gate.promise;
    throw new Error("no solver");
  };
  await using engine = await startEngine(1, { solver });
  const controller = new AbortController();
  const run = await engine.run();
  const configurations = [[specFor("a.example.com", ...engine.cas)], []];
  const loaded = Promise.withResolvers<void>();
  const events: string[] = [];
  const serving = serve(
    {
      parallel: 1,
      interval: 21_600_000,
      load: async () => {
        if (configurations.length === 1) loaded.resolve();
        return configurations.shift() ?? [];
      },
      changed: async (signal) => {
        await begun.promise;
        if (configurations.length > 0) return;
        await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
      },
      onLook: () => undefined,
      onBadConfig: () => undefined,
    },
    { ...run, world: { ...run.world, signal: controller.signal } },
  ).then(() => events.push("service"));
  await loaded.promise;
  await new Promise((resolve) => setImmediate(resolve));
  controller.abort(new Error("enough"));
  await new Promise((resolve) => setTimeout(resolve, 20));
  events.push("look");
  gate.resolve();
  await serving;
  expect(events).toEqual(["look", "service"]);
});
