import { describe, expect, test } from "vitest";
import { backoffMs, bearablePause, longestAskedPause, longestBackoffMs } from "./backoff.ts";
import { availableAt, take } from "./bucket.ts";
import { letsEncryptLimits, letsEncryptStagingLimits, publishedLimits } from "./limits.ts";

const hour = 3_600_000;
const day = 24 * hour;
const now = Date.UTC(2026, 10, 24);
const limit = { id: "x", subject: "identifier-set", count: 5, periodMs: 7 * day, exempt: [] } as const;

/** Takes one token as often as possible and tells when each was taken. */
function drain(from: number, until: number): number[] {
  const taken: number[] = [];
  let bucket: number | undefined;
  for (let at = from; at <= until; ) {
    const next = Math.max(at, availableAt(bucket, limit, 1, at));
    if (next > until) break;
    bucket = take(bucket, limit, 1, next);
    taken.push(next);
    at = next;
  }
  return taken;
}

describe("a bucket", () => {
  test("gives its whole count at once, then one token per share of the period", () => {
    const taken = drain(now, now + 7 * day);
    expect(taken.slice(0, 5)).toEqual(Array.from({ length: 5 }, () => now));
    expect(taken.slice(5)).toEqual([1, 2, 3, 4, 5].map((each) => now + each * 33.6 * hour));
  });

  test("is full again after its period, and no fuller", () => {
    const bucket = take(undefined, limit, 5, now);
    expect(availableAt(bucket, limit, 5, now)).toBe(now + 7 * day);
    expect(availableAt(bucket, limit, 5, now + 7 * day)).toBeLessThanOrEqual(now + 7 * day);
    expect(availableAt(bucket, limit, 6, now + 70 * day)).toBeGreaterThan(now + 70 * day);
  });

  test("is never emptier than empty", () => {
    let bucket: number | undefined;
    for (let turn = 0; turn < 50; turn += 1) bucket = take(bucket, limit, 1, now);
    expect(availableAt(bucket, limit, 1, now)).toBe(now + 33.6 * hour);
  });

  test("written by a clock a year ahead, it counts as full; by one a year behind, too", () => {
    const ahead = take(undefined, limit, 5, now + 365 * day);
    expect(availableAt(ahead, limit, 5, now)).toBeLessThanOrEqual(now);
    const behind = take(undefined, limit, 5, now - 365 * day);
    expect(availableAt(behind, limit, 5, now)).toBeLessThanOrEqual(now);
  });
});

describe("backoff", () => {
  test("one minute, doubling, up to a day", () => {
    const minutes = Array.from({ length: 14 }, (_, index) => backoffMs(index + 1, 0) / 60_000);
    expect(minutes).toEqual([1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 1440, 1440, 1440]);
  });

  test("is a sane time for any count and any random number", () => {
    for (const failures of [0, -1, 1.5, 1e6, Number.MAX_SAFE_INTEGER, Number.POSITIVE_INFINITY]) {
      for (const random of [0, 0.5, 0.999_999]) {
        const wait = backoffMs(failures, random);
        expect(wait).toBeGreaterThanOrEqual(48_000);
        expect(wait).toBeLessThanOrEqual(longestBackoffMs);
      }
    }
  });
});

test("no pause is longer than the certificate in use can bear", () => {
  const hours = (leftHours: number) => [bearablePause(leftHours * 3_600_000), longestAskedPause(leftHours * 3_600_000)];
  expect(hours(30 * 24).map((ms) => ms / 3_600_000)).toEqual([24, 360]);
  expect(hours(80).map((ms) => Math.round(ms / 360_000) / 10)).toEqual([6.7, 40]);
  expect(hours(0).map((ms) => ms / 3_600_000)).toEqual([1, 1]);
  expect(backoffMs(20, 0, bearablePause(80 * 3_600_000))).toBe(24_000_000);
});

test("Let's Encrypt's refill rates come out as published", () => {
  const perToken = (id: string) => {
    const found = letsEncryptLimits.limits.find((each) => each.id === id);
    return found === undefined ? undefined : found.periodMs / found.count / 60_000;
  };
  expect(perToken("orders-per-account")).toBe(0.6);
  expect(Math.round(perToken("certificates-per-registered-domain") ?? 0)).toBe(202);
  expect(Math.round((perToken("certificates-per-identifier-set") ?? 0) / 60)).toBe(34);
  expect(perToken("validation-failures")).toBe(12);
  expect(perToken("consecutive-validation-failures")).toBe(24 * 60);
});

test("limits are known by the CA's directory", () => {
  expect(publishedLimits("https://acme-v02.api.letsencrypt.org/directory")).toBe(letsEncryptLimits);
  expect(publishedLimits("https://acme-staging-v02.api.letsencrypt.org/directory")).toBe(letsEncryptStagingLimits);
  expect(publishedLimits("https://ca.example/directory")).toBeUndefined();
  expect(publishedLimits("constructor")).toBeUndefined();
});
