import { expect, test } from "vitest";
import { longestRetryAfter, parseRetryAfter } from "./retry-after.ts";

const now = Date.parse("2026-11-24T12:00:00Z");

test.each([
  ["120", 120],
  [" 5 ", 5],
  ["0", 0],
  ["99999999999999999999", longestRetryAfter],
  ["Tue, 24 Nov 2026 12:01:30 GMT", 90],
  ["Tuesday, 24-Nov-26 12:00:10 GMT", 10],
  ["Tue Nov 24 12:00:20 2026", 20],
  ["Tue, 24 Nov 2026 11:00:00 GMT", 0],
  ["Fri, 31 Dec 9999 23:59:59 GMT", longestRetryAfter],
])("%s is %d seconds", (field, seconds) => {
  expect(parseRetryAfter(field, now)).toBe(seconds);
});

test.each([
  undefined,
  "",
  "-5",
  "1.5",
  "soon",
  "2026-11-24T12:01:30Z",
  "1e9",
  "Tue, 32 Foo 2026 12:00:00 GMT",
  "9".repeat(100),
])("%s says nothing", (field) => {
  expect(parseRetryAfter(field, now)).toBeUndefined();
});
