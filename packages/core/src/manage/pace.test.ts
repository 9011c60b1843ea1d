import { expect, test } from "vitest";
import type { CertificateSpec } from "../spec.ts";
import { createPace, pauseBetween } from "./pace.ts";
import type { Action, StoredFacts } from "./plan.ts";

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;
const now = Date.UTC(2027, 0, 1);

const spec = (name: string) => ({ name }) as CertificateSpec;
const facts = (lifeDays: number): StoredFacts =>
  ({ notBefore: new Date(now), notAfter: new Date(now + lifeDays * day), suggested: undefined }) as StoredFacts;
const due = (name: string, latest?: number): Action => ({
  do: "issue",
  spec: spec(name),
  reason: "due",
  replaces: undefined,
  ...(latest === undefined ? {} : { latest: new Date(latest) }),
});

test("the pause is half of that between certificates which fall due evenly, and never long for few", () => {
  expect(pauseBetween(1000 / (100 * hour))).toBeCloseTo(3 * minute);
  expect(pauseBetween(1 / (60 * day))).toBe(10 * minute);
  // What is left of many that are gone.
  for (const none of [0, 1e-25, -1e-25]) expect(pauseBetween(none)).toBe(10 * minute);
});

test("two go at once, the others one after the other; who bears it least is first", () => {
  const pace = createPace();
  const ask = (name: string, latest: number, at: number) => pace.turn(due(name, latest), facts(90), at);
  expect(ask("a", now + 9 * day, now)).toBeUndefined();
  expect(ask("b", now + 9 * day, now)).toBeUndefined();
  expect(ask("c", now + 9 * day, now)).toBe(now + 10 * minute);
  expect(ask("d", now + 9 * day, now)).toBe(now + 20 * minute);
  expect(ask("short", now + 2 * day, now)).toBe(now + 10 * minute);
  expect(ask("c", now + 9 * day, now + 10 * minute)).toBe(now + 20 * minute);
  expect(ask("short", now + 2 * day, now + 10 * minute)).toBeUndefined();
  expect(ask("c", now + 9 * day, now + 20 * minute)).toBeUndefined();
  expect(ask("d", now + 9 * day, now + 30 * minute)).toBeUndefined();
});

test("a turn that has come is not put off for a part of a millisecond", () => {
  const pace = createPace();
  for (const name of ["a", "b"]) pace.turn(due(name, now + day), facts(90), now + 0.5);
  expect(pace.turn(due("c", now + 0.7), facts(90), now + 0.75)).toBeUndefined();
});

test("nobody waits beyond the moment it must be renewed at, and only ordinary renewals wait", () => {
  const pace = createPace();
  for (const name of ["a", "b"]) pace.turn(due(name, now + day), facts(90), now);
  expect(pace.turn(due("late", now + minute), facts(90), now)).toBe(now + minute);
  expect(pace.turn(due("late", now + minute), facts(90), now + minute)).toBeUndefined();
  expect(pace.turn(due("revoked"), facts(90), now)).toBeUndefined();
  expect(pace.turn(due("new"), undefined, now)).toBeUndefined();
});

test("who is gone, or no longer due, stands in nobody's way", () => {
  const pace = createPace();
  const names = ["a", "b", "c", "d", "e"];
  for (const name of names) pace.turn(due(name, now + day), facts(90), now);
  pace.forget("c");
  pace.turn({ do: "nothing", spec: spec("d"), reason: "", next: new Date(now) }, facts(90), now);
  expect(pace.turn(due("e", now + day), facts(90), now)).toBe(now + 10 * minute);
});

test("a clock that was a year ahead holds nobody up", () => {
  const pace = createPace();
  for (const name of ["a", "b", "c"]) pace.turn(due(name, now + 400 * day), facts(90), now + 365 * day);
  expect(pace.turn(due("d", now + day), facts(90), now)).toBeLessThanOrEqual(now + hour);
});
