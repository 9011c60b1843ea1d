import { describe, expect, test } from "vitest";
import type { Fault } from "../acme/testing/fake-acme.ts";
import { json, problem } from "../acme/testing/fake-ca.ts";
import { updateCertificateMeta } from "../store/certificates.ts";
import { readFailure, saveFailure } from "../store/failures.ts";
import { openLedger } from "../store/ledger-file.ts";
import type { Limit } from "../store/limits.ts";
import type { Store } from "../store/store.ts";
import { StoreError } from "../store/store-error.ts";
import { NoCaError } from "./no-ca-error.ts";
import { ordersAt, specFor, startEngine, type TestEngine } from "./testing/engine.ts";

const minute = 60_000;
const hour = 60 * minute;

test("429 with Retry-After: the certificate waits it out, in later runs too; others do not", async () => {
  await using engine = await startEngine(1);
  const [ca] = engine.cas;
  ca?.fault("newOrder", () => problem(429, "rateLimited", "too many", { "Retry-After": "7200" }));
  const spec = specFor("a.example.com", ca);
  expect(await engine.look(spec)).toMatchObject({ outcome: "failed", error: { code: "ACME_RATE_LIMITED" } });
  engine.later(2 * hour - minute);
  const asked = ca?.requests.length;
  const refused = await engine.look(spec, { insist: true });
  expect(refused).toMatchObject({
    outcome: "failed",
    error: { code: "LIMIT_HOLD", message: expect.stringContaining("too many"), hint: expect.stringContaining("20") },
  });
  expect(ca?.requests.length).toBe(asked);
  expect(await engine.look(specFor("b.example.com", ca))).toMatchObject({ outcome: "issued" });
  engine.later(2 * minute);
  expect(await engine.look(spec)).toMatchObject({ outcome: "issued" });
});

test("503 with Retry-After: nothing is ordered at this CA until then; the next CA takes over", async () => {
  await using engine = await startEngine(2);
  const [ca, other] = engine.cas;
  ca?.fault("newOrder", () => problem(503, "serverInternal", "busy", { "Retry-After": "3600" }));
  expect(await engine.look(specFor("a.example.com", ca))).toMatchObject({ outcome: "failed" });
  engine.later(30 * minute);
  expect(await engine.look(specFor("b.example.com", ca))).toMatchObject({ error: { code: "LIMIT_HOLD" } });
  expect(await engine.look(specFor("a.example.com", ca, other))).toMatchObject({ outcome: "issued" });
  expect([ordersAt(ca), ordersAt(other)]).toEqual([1, 1]);
  engine.later(31 * minute);
  expect(await engine.look(specFor("b.example.com", ca))).toMatchObject({ outcome: "issued" });
});

test("a pause after the CA's own fault does not keep the next CA from being asked", async () => {
  await using engine = await startEngine(2);
  const [ca, other] = engine.cas;
  ca?.faultAlways("newOrder", () => problem(500, "serverInternal", "oops"));
  other?.fault("newOrder", () => problem(429, "rateLimited", "too many", { "Retry-After": "60" }));
  const spec = specFor("a.example.com", ca, other);
  expect(await engine.look(spec)).toMatchObject({ error: { code: "ACME_RATE_LIMITED" } });
  const failure = await readFailure(engine.store, spec.name, ca?.directoryUrl ?? "", engine.now());
  if (failure === undefined) throw new Error("nothing failed");
  await saveFailure(engine.store, { ...failure, nextTry: engine.now() + 5 * hour });
  engine.later(2 * minute);
  expect(await engine.look(spec)).toMatchObject({ outcome: "issued" });
});

test("where no CA issues, what is told is when the first of them may, and not the last", async () => {
  const limits = (directoryUrl: string) => (directoryUrl === other?.directoryUrl ? [oneAnHour] : undefined);
  await using engine: TestEngine = await startEngine(2, { limits });
  const [ca, other] = engine.cas;
  expect(await engine.look(specFor("b.example.com", other))).toMatchObject({ outcome: "issued" });
  ca?.fault("newOrder", () => problem(503, "serverInternal", "busy", { "Retry-After": "600" }));
  const spec = specFor("a.example.com", ca, other);
  const errorOf = async (): Promise<NoCaError> => {
    const result = await engine.look(spec);
    if (result.outcome === "failed" && result.error instanceof NoCaError) return result.error;
    throw new Error("the certificate was issued, or not because of its CAs", { cause: result });
  };
  const minutesUntil = ({ at }: { readonly at: number }): number => Math.round((at - engine.now()) / minute);

  const failed = await errorOf();
  // What happened is told, and both of it; the limit of the other CA ends in an hour.
  expect(failed).toMatchObject({ code: "ACME_SERVER_INTERNAL", refusal: undefined, retryable: true });
  expect(failed.message).toMatch(/busy.*the limit of 1 per hour/);
  expect(failed.hint).toContain(`The first that is asked again is ${ca?.directoryUrl}`);
  expect(minutesUntil(failed)).toBe(10);

  const waiting = await errorOf();
  expect(waiting).toMatchObject({ code: "LIMIT_HOLD", refusal: { cause: "hold" } });
  expect([minutesUntil(waiting), Math.round((waiting.retryAfter ?? 0) / 60)]).toEqual([10, 10]);

  engine.later(11 * minute);
  expect(await engine.look(spec)).toMatchObject({ outcome: "issued" });
  expect([ordersAt(ca), ordersAt(other)]).toEqual([2, 1]);
});

test("a paused name is left alone and shows where it is resumed", async () => {
  await using engine = await startEngine(1);
  const [ca] = engine.cas;
  const link = "https://portal.example/unpause?jwt=abc";
  ca?.fault("newOrder", () =>
    problem(429, "rateLimited", `Your account is kept from a.example.com. Please visit: ${link}`),
  );
  const spec = specFor("a.example.com", ca);
  expect(await engine.look(spec)).toMatchObject({
    error: { code: "ACME_PAUSED", hint: expect.stringContaining(link) },
  });
  engine.later(2 * hour);
  expect(await engine.look(spec)).toMatchObject({
    error: { code: "LIMIT_PAUSED", hint: `Open ${link} to resume it.` },
  });
  expect(ordersAt(ca)).toBe(1);
  expect(await engine.look(spec, { insist: true })).toMatchObject({ outcome: "issued" });
  expect((await openLedger(engine.store, ca?.directoryUrl ?? "", engine.now).read()).paused).toEqual({});
});

describe("where what came of an order cannot be written any more", () => {
  /** A look that may still take its slot. */
  async function lookWithoutLedger(engine: TestEngine) {
    let writes = 0;
    const write: Store["write"] = async (key, ...rest) => {
      const isNote = key.startsWith("failures/") || (key.startsWith("ledger/") && ++writes > 1);
      if (isNote) throw new StoreError("STORE_FULL", "the disk is full", {});
      return await engine.store.write(key, ...rest);
    };
    return await engine.look(specFor("a.example.com", ...engine.cas), {}, { store: { ...engine.store, write } });
  }

  test("what was issued is issued, and the rest of the work is done", async () => {
    await using engine = await startEngine(1);
    expect(await lookWithoutLedger(engine)).toMatchObject({ outcome: "issued" });
    expect(engine.events).toContainEqual(expect.objectContaining({ type: "warning", code: "STORE_FULL" }));
  });

  test("a failure is told for what it is", async () => {
    await using engine = await startEngine(1);
    engine.cas[0]?.fault("finalize", () => problem(403, "unauthorized", "not you"));
    expect(await lookWithoutLedger(engine)).toMatchObject({ outcome: "failed", error: { code: "ACME_UNAUTHORIZED" } });
    expect(engine.events).toContainEqual(expect.objectContaining({ type: "warning", code: "STORE_FULL" }));
  });
});

const oneAnHour: Limit = {
  id: "orders",
  subject: "account-orders",
  count: 1,
  periodMs: hour,
  exempt: ["ari", "same-set"],
};

test("an order the CA would refuse is not sent, asks nobody anything, begins no hook, and says when it can be", async () => {
  await using engine = await startEngine(1, { limits: () => [oneAnHour] });
  const [ca] = engine.cas;
  expect(await engine.look(specFor("a.example.com", ca))).toMatchObject({ outcome: "issued" });
  const asked = ca?.requests.length;
  const begun: string[] = [];
  const hooks = {
    before: async () => void begun.push("before"),
    after: async () => void begun.push("after"),
    finish: async () => [],
  };
  engine.later(20 * minute);
  const refused = await engine.look(specFor("b.example.com", ca), {}, { hooks });
  expect(refused).toMatchObject({
    outcome: "failed",
    error: { code: "LIMIT_REACHED", retryAfter: expect.any(Number) },
  });
  const { retryAfter = 0 } = (refused as { error: { retryAfter?: number } }).error;
  expect(Math.abs(retryAfter - 40 * 60)).toBeLessThan(60);
  expect([ca?.requests.length, begun]).toEqual([asked, []]);
  engine.later(41 * minute);
  expect(await engine.look(specFor("b.example.com", ca), {}, { hooks })).toMatchObject({ outcome: "issued" });
  expect(begun).toEqual(["before", "after"]);
});

test("the same names again are not held against the limits, revoked or not; other names are", async () => {
  await using engine = await startEngine(1, { limits: () => [oneAnHour] });
  const [ca] = engine.cas;
  const spec = specFor("a.example.com", ca);
  expect(await engine.look(spec)).toMatchObject({ outcome: "issued" });
  await updateCertificateMeta(engine.store, spec.name, (meta) => ({
    ...meta,
    revoked: { at: engine.now(), reason: "keyCompromise" },
  }));
  expect(await engine.look(spec)).toMatchObject({ error: { code: "LIMIT_OWN" } });
  // Our own limit of one certificate an hour is lifted by the person.
  expect(await engine.look(spec, { insist: true })).toMatchObject({ outcome: "issued" });
  const changed = { ...spec, identifiers: [...spec.identifiers, { type: "dns" as const, value: "b.example.com" }] };
  expect(await engine.look(changed, { insist: true })).toMatchObject({ error: { code: "LIMIT_REACHED" } });
});

describe("an order is counted by what the CA makes of `replaces`", () => {
  /** A certificate whose renewal window is open, and a limit that only renewals announced to the CA are exempt from. */
  async function whenRenewed(fault: Fault | undefined) {
    await using started = new AsyncDisposableStack();
    const limit: Limit = { ...oneAnHour, periodMs: 100 * hour, exempt: ["ari"] };
    const engine = started.use(await startEngine(1, { limits: () => [limit] }));
    const [ca] = engine.cas;
    const suggestedWindow = {
      start: new Date(engine.now() + hour).toISOString(),
      end: new Date(engine.now() + 9 * hour).toISOString(),
    };
    if (ca !== undefined) ca.ca.renewalInfo = json({ suggestedWindow });
    const spec = specFor("a.example.com", ca);
    expect(await engine.look(spec)).toMatchObject({ outcome: "issued" });
    expect(await engine.look(spec)).toMatchObject({ outcome: "skipped" });
    engine.later(2 * hour);
    ca?.fault("newOrder", fault);
    const result = await engine.look(spec);
    const ledger = await openLedger(engine.store, ca?.directoryUrl ?? "", engine.now).read();
    const [account, fullAt = 0] = Object.entries(ledger.buckets).find(([key]) => key.startsWith("orders ")) ?? [];
    expect([account, ledger.reservations]).toEqual([expect.any(String), {}]);
    const all = started.move();
    return { result, orders: ordersAt(ca), isRecounted: fullAt > engine.now() + 99 * hour, all };
  }

  test("taken: it is exempt", async () => {
    const { result, orders, isRecounted, all } = await whenRenewed(undefined);
    await using _ = all;
    expect([result.outcome, orders, isRecounted]).toEqual(["issued", 2, false]);
  });

  test("refused: it is not, and where a limit is reached it is not ordered without", async () => {
    const { result, orders, all } = await whenRenewed(() => problem(409, "alreadyReplaced", "by another"));
    await using _ = all;
    expect(result).toMatchObject({ outcome: "failed", error: { code: "LIMIT_REACHED" } });
    expect(orders).toBe(2);
  });

  test("passed over in silence: it is not", async () => {
    const silent: Fault = ({ body, ...reply }) => ({ ...reply, body: JSON.stringify(withoutReplaces(body)) });
    const { result, orders, isRecounted, all } = await whenRenewed(silent);
    await using _ = all;
    expect([result.outcome, orders, isRecounted]).toEqual(["issued", 2, true]);
  });

  function withoutReplaces(body: string): object {
    const { replaces, ...order } = JSON.parse(body);
    expect(replaces).toBeDefined();
    return order;
  }
});

test("a CA that cannot be opened is remembered as a failure, and not asked again every minute", async () => {
  await using engine = await startEngine(1);
  const [ca] = engine.cas;
  ca?.fault("newAccount", () => problem(400, "malformed", "not now"));
  const spec = specFor("a.example.com", ca);
  expect(await engine.look(spec)).toMatchObject({ error: { code: "ACME_MALFORMED" } });
  expect(await readFailure(engine.store, spec.name, ca?.directoryUrl ?? "", engine.now())).toMatchObject({
    count: 1,
    code: "ACME_MALFORMED",
  });
  expect(await engine.look(spec)).toMatchObject({ error: { code: "LIMIT_BACKOFF" } });
});

test("a pre hook that fails is not run again every minute: it, or the hooks before it, may have stopped something", async () => {
  await using engine = await startEngine(1);
  let before = 0;
  const hooks = {
    before: async () => {
      before += 1;
      throw new Error("the hook failed");
    },
    after: async () => undefined,
    finish: async () => [],
  };
  const spec = specFor("a.example.com", ...engine.cas);
  const look = () => engine.look(spec, {}, { hooks });
  for (let minutes = 0; minutes < 60; minutes += 1) {
    expect(await look()).toMatchObject({ outcome: "failed" });
    engine.later(minute);
  }
  expect(before).toBe(6);
  expect(ordersAt(engine.cas[0])).toBe(0);
});
