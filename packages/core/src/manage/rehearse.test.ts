import { expect, test } from "vitest";
import { problem } from "../acme/testing/fake-ca.ts";
import { readCertificateMeta } from "../store/certificates.ts";
import { readFailure } from "../store/failures.ts";
import { ordersAt, specFor, startEngine, type TestEngine } from "./testing/engine.ts";

const hour = 3_600_000;
const refusal = { type: "urn:ietf:params:acme:error:unauthorized", detail: "wrong record" };

/** An engine whose first CA has its second as staging, and a certificate that failed at the first. */
async function afterFailure() {
  await using started = new AsyncDisposableStack();
  const urls: string[] = [];
  const stagingOf = () => ({ directoryUrl: urls[1] ?? "" });
  const engine: TestEngine = started.use(await startEngine(2, { stagingOf }));
  urls.push(...engine.cas.map(({ directoryUrl }) => directoryUrl));
  const [production, staging] = engine.cas;
  const spec = specFor("a.example.com", production);
  for (const ca of engine.cas) ca.ca.failing.set("a.example.com", refusal);
  expect(await engine.look(spec)).toMatchObject({ outcome: "failed", error: { code: "CHALLENGE_FAILED" } });
  expect([ordersAt(production), ordersAt(staging)]).toEqual([1, 0]);
  engine.later(hour);
  const all = started.move();
  const orders = () => [ordersAt(production), ordersAt(staging)];
  return { engine, production, staging, spec, orders, [Symbol.asyncDispose]: () => all.disposeAsync() };
}

test("what could not be proved is tried at the staging CA; production is ordered only after that succeeds", async () => {
  await using world = await afterFailure();
  const { engine, production, staging, spec, orders } = world;
  expect(await engine.look(spec)).toMatchObject({
    outcome: "failed",
    error: { code: "STAGING_FAILED", hint: expect.stringContaining("--force") },
  });
  expect(orders()).toEqual([1, 1]);
  const failure = (url = "") => readFailure(engine.store, spec.name, url, engine.now());
  expect(await failure(production?.directoryUrl)).toMatchObject({ count: 2, code: "STAGING_FAILED" });
  // The failure counts at the CA that saw it.
  expect(await failure(staging?.directoryUrl)).toMatchObject({ count: 1 });

  engine.later(hour);
  staging?.ca.failing.clear();
  expect(await engine.look(spec)).toMatchObject({ error: { code: "CHALLENGE_FAILED" } });
  expect(orders()).toEqual([2, 2]);
  expect(await engine.look(spec)).toMatchObject({ error: { code: "LIMIT_BACKOFF" } });

  engine.later(hour);
  production?.ca.failing.clear();
  expect(await engine.look(spec)).toMatchObject({ outcome: "issued" });
  expect(orders()).toEqual([3, 3]);
  expect((await readCertificateMeta(engine.store, spec.name))?.directoryUrl).toBe(production?.directoryUrl);
  expect(staging?.trace()).not.toContain("POST finalize");
  for (const ca of engine.cas) expect(await failure(ca.directoryUrl)).toBeUndefined();
});

test.each([{ insist: true }, { force: true }])("a person who asks by %j goes straight to production", async (wish) => {
  await using world = await afterFailure();
  expect(await world.engine.look(world.spec, wish)).toMatchObject({ error: { code: "CHALLENGE_FAILED" } });
  expect(world.orders()).toEqual([2, 0]);
});

test("a staging CA that refuses for reasons of its own holds nothing up", async () => {
  await using world = await afterFailure();
  const { engine, production, staging, spec, orders } = world;
  production?.ca.failing.clear();
  staging?.fault("newOrder", () => problem(429, "rateLimited", "too many", { "Retry-After": "86400" }));
  expect(await engine.look(spec)).toMatchObject({ outcome: "issued" });
  expect(orders()).toEqual([2, 1]);
  expect(engine.events.filter((event) => event.type === "warning")).toMatchObject([
    { code: "STAGING_FIRST" },
    { code: "STAGING_FIRST", message: expect.stringContaining("too many") },
  ]);
});

test("CAA records that allow the account at the CA alone are no reason to spare the CA", async () => {
  await using world = await afterFailure();
  const { engine, production, staging, spec, orders } = world;
  production?.ca.failing.clear();
  staging?.ca.failing.set("a.example.com", { type: "urn:ietf:params:acme:error:caa", detail: "CAA forbids" });
  expect(await engine.look(spec)).toMatchObject({ outcome: "issued" });
  expect(orders()).toEqual([2, 1]);
});

test("proofs bound to an account, and failures that are none of proving, are not rehearsed", async () => {
  await using world = await afterFailure();
  const { engine, production, spec, orders } = world;
  production?.ca.failing.clear();
  production?.fault("newOrder", () => problem(400, "rejectedIdentifier", "no"));
  const bound = { ...spec, challenges: [{ type: "http-01" as const, stateless: true }] };
  expect(await engine.look(bound)).toMatchObject({ error: { code: "ACME_REJECTED_IDENTIFIER" } });
  engine.later(hour);
  expect(await engine.look(spec)).toMatchObject({ outcome: "issued" });
  expect(orders()).toEqual([3, 0]);
});
