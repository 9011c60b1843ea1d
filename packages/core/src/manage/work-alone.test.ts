import { expect, test } from "vitest";
import { specFor, startEngine } from "./testing/engine.ts";
import { workAlone } from "./work-alone.ts";

test("who works on a certificate keeps a renewal waiting, which says so", async () => {
  await using engine = await startEngine(1);
  const spec = specFor("a.example.com", ...engine.cas);
  const done: string[] = [];
  const other = Promise.withResolvers<void>();
  const working = workAlone(spec.name, await engine.run(), async () => {
    await other.promise;
    done.push("other");
  });
  const looking = engine.look(spec).then(({ outcome }) => done.push(outcome));
  await expect.poll(() => engine.events).toContainEqual(expect.objectContaining({ code: "STORE_LOCKED" }));
  other.resolve();
  await Promise.all([working, looking]);
  expect(done).toEqual(["other", "issued"]);
});

test("a lease that is lost ends the work", async () => {
  await using engine = await startEngine(0);
  const lost = new AbortController();
  const lease = async (name: string) => ({
    name,
    lost: lost.signal,
    release: async () => undefined,
    [Symbol.asyncDispose]: async () => undefined,
  });
  const work = workAlone("a", await engine.run({ store: { ...engine.store, lease } }), async ({ world }) => {
    lost.abort(new Error("lost"));
    world.signal.throwIfAborted();
  });
  await expect(work).rejects.toThrow("lost");
});
