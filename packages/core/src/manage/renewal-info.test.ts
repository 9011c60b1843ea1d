import { describe, expect, test } from "vitest";
import type { Fault } from "../acme/testing/fake-acme.ts";
import { json, problem } from "../acme/testing/fake-ca.ts";
import { readCertificateMeta } from "../store/certificates.ts";
import { suggested } from "./renewal-info.ts";
import { specFor, startEngine } from "./testing/engine.ts";

const hour = 3_600_000;
const day = 24 * hour;

/** One issued certificate of 90 days, whose CA answers as a test wants. */
async function issued() {
  await using started = new AsyncDisposableStack();
  const engine = started.use(await startEngine(1));
  const [ca] = engine.cas;
  if (ca === undefined) throw new Error("no CA was started");
  const spec = specFor("a.example.com", ca);
  expect(await engine.look(spec)).toMatchObject({ outcome: "issued" });
  const all = started.move();
  return {
    engine,
    look: () => engine.look(spec),
    info: async () => (await readCertificateMeta(engine.store, spec.name))?.renewalInfo,
    asked: () => ca.requests.filter(({ resource }) => resource === "renewalInfo").length,
    answer: (start: number, end: number, headers: Readonly<Record<string, string>> = {}) => {
      const suggestedWindow = { start: new Date(start).toISOString(), end: new Date(end).toISOString() };
      ca.ca.renewalInfo = json({ suggestedWindow }, 200, headers);
    },
    fault: (...faults: readonly Fault[]) => ca.fault("renewalInfo", ...faults),
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  };
}

describe("Retry-After", () => {
  test.each([
    ["is kept to, over runs", "43200", 12 * hour],
    ["of half a minute becomes an hour", "30", hour],
    ["of ten years becomes seven days", "315360000", 7 * day],
    ["that is missing is six hours", undefined, 6 * hour],
  ])("%s", async (_, seconds, pause) => {
    await using world = await issued();
    const { engine, look, asked, answer } = world;
    answer(engine.now() + 60 * day, engine.now() + 61 * day, seconds === undefined ? {} : { "Retry-After": seconds });
    await look();
    engine.later(pause - 60_000);
    await look();
    expect(asked()).toBe(1);
    engine.later(120_000);
    await look();
    expect(asked()).toBe(2);
  });
});

test("the moment is kept while the window is the same, and chosen anew when it moves", async () => {
  await using world = await issued();
  const { engine, look, info, answer } = world;
  const start = Math.floor(engine.now() / 1000) * 1000 + 60 * day;
  answer(start, start + day);
  await look();
  expect(await info()).toMatchObject({ window: { start, end: start + day }, chosen: start });
  engine.later(7 * hour);
  await look();
  expect((await info())?.chosen).toBe(start);
  answer(start + hour, start + day);
  engine.later(7 * hour);
  await look();
  expect((await info())?.chosen).toBe(start + hour);
});

test("any moment of the window may be chosen, its end left out, and only there", () => {
  const window = { start: new Date(1000), end: new Date(2000) };
  const chosen = (random: number) => suggested(undefined, window, undefined, random).chosen;
  expect([0, 0.5, 0.999_999].map(chosen)).toEqual([1000, 1500, 1999]);
  const before = { certId: "a.b", window: { start: 1000, end: 2000 }, chosen: 1234 };
  expect(suggested(before, window, undefined, 0.9).chosen).toBe(1234);
  expect(suggested({ certId: "a.b" }, window, undefined, 0.9).chosen).toBe(1900);
});

test.each([
  ["404", 1, () => problem(404, "malformed", "no such certificate")],
  ["500", 2, () => problem(500, "serverInternal", "oops")],
  ["503 for a year", 1, () => problem(503, "serverInternal", "busy", { "Retry-After": "31536000" })],
  ["no answer", 2, "drop" as const],
  ["a window that ends before it starts", 1, () => windowOf("2027-02-02T00:00:00Z", "2027-02-01T00:00:00Z")],
  ["the year 9999", 1, () => windowOf("9999-01-01T00:00:00Z", "9999-12-31T00:00:00Z")],
])("%s changes nothing of what was said before, and is told", async (_, tries, fault) => {
  await using world = await issued();
  const { engine, look, info, answer } = world;
  answer(engine.now() + 60 * day, engine.now() + 61 * day);
  await look();
  const before = await info();
  engine.later(7 * hour);
  world.fault(...Array<Fault>(tries).fill(fault));
  expect(await look()).toMatchObject({ outcome: "skipped" });
  const after = await info();
  expect([after?.window, after?.chosen]).toEqual([before?.window, before?.chosen]);
  expect(after?.nextCheck).toBeGreaterThan(engine.now());
  expect(after?.nextCheck).toBeLessThanOrEqual(engine.now() + 7 * day);
  expect(engine.events.at(-2)).toMatchObject({ type: "warning", code: "RENEWAL_INFO_UNAVAILABLE" });
});

test.each([false, true])(
  "a damaged account is told as damaged, not as a CA that is silent; dry run: %s",
  async (dryRun) => {
    await using world = await issued();
    const { engine } = world;
    const [folder = ""] = await engine.store.list("accounts");
    const account = `accounts/${folder}default/account.json`;
    expect(await engine.store.read(account)).toBeDefined();
    await engine.store.write(account, Buffer.from("{"));
    const spec = specFor("a.example.com", ...engine.cas);
    expect(await engine.look(spec, { dryRun })).toMatchObject({ outcome: dryRun ? "planned" : "skipped" });
    expect(engine.events.filter(({ type }) => type === "warning")).toMatchObject([
      { code: "STORE_CORRUPT", certificate: spec.name, hint: expect.stringContaining("account import") },
    ]);
  },
);

test("a window that has passed is due now; one after the backstop is not waited for", async () => {
  await using world = await issued();
  const { engine, look, answer } = world;
  answer(engine.now() - 2 * hour, engine.now() - hour);
  // Our own limit of one certificate an hour for the same names.
  engine.later(61 * 60_000);
  expect(await look()).toMatchObject({ outcome: "issued" });
  engine.later(hour);
  answer(engine.now() + 88 * day, engine.now() + 89 * day);
  const next = (await look()) as { next?: Date };
  expect(Math.abs((next.next?.getTime() ?? 0) - (engine.now() + 75 * day))).toBeLessThan(day);
});

function windowOf(start: string, end: string) {
  return json({ suggestedWindow: { start, end } });
}
