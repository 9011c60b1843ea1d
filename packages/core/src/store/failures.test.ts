import { describe, expect, test } from "vitest";
import { type Failure, failedAgain, readFailure, removeFailure, removeFailures, saveFailure } from "./failures.ts";
import { emptyLedger } from "./ledger.ts";
import { memoryStore } from "./memory-store.ts";
import { nextSlot } from "./slot.ts";

const second = 1000;
const hour = 3600 * second;
const day = 24 * hour;
const now = Date.UTC(2026, 10, 24);
const directoryUrl = "https://ca.example/directory";
const about = { certificate: "a.example.com", directoryUrl };
const cause = { code: "PROVIDER_AUTH", message: "the token was refused" };

/** Whether an order may be placed after a failure. */
function slotAfter(failure: Failure | undefined, at: number, force = false) {
  const request = {
    certificate: "a.example.com",
    identifiers: [],
    domains: [],
    history: { failure, issued: [] },
    force,
  };
  return nextSlot(emptyLedger(directoryUrl), undefined, request, at);
}

describe("failures in a row", () => {
  test("back off, and say why", () => {
    const first = { ...about, ...failedAgain(undefined, cause, 0, now) };
    expect(slotAfter(first, now)).toMatchObject({
      cause: "backoff",
      at: now + 60 * second,
      reason: "the last attempt failed (PROVIDER_AUTH: the token was refused)",
    });
    expect(slotAfter(first, now, true).allowed).toBe(true);
    expect(slotAfter(first, now + 60 * second).allowed).toBe(true);
    const again = failedAgain(first, cause, 0, now + hour);
    expect(again).toMatchObject({ count: 2, since: now, last: now + hour, nextTry: now + hour + 120 * second });
    expect(slotAfter({ ...about, ...again }, now + hour)).toMatchObject({
      reason: expect.stringContaining("the last 2 attempts failed"),
    });
  });

  test("wait for as long as the CA asked if that is longer, but not for ever", () => {
    const asked = (retryAfter: number) => failedAgain(undefined, { ...cause, retryAfter }, 0, now).nextTry;
    expect(asked(3600)).toBe(now + hour);
    expect(asked(1)).toBe(now + 60 * second);
    expect(asked(1e15)).toBe(now + 7 * day);
    expect(asked(Number.NaN)).toBe(now + 60 * second);
  });

  test("never wait so long that the certificate in use ends meanwhile", () => {
    const many = { count: 20, since: now };
    expect(failedAgain(many, cause, 0, now, now + 24 * hour).nextTry).toBe(now + 2 * hour);
    const asked = { ...cause, retryAfter: 86_400 };
    expect(failedAgain(undefined, asked, 0, now, now + 24 * hour).nextTry).toBe(now + 12 * hour);
    expect(failedAgain(many, asked, 0, now, now - day).nextTry).toBe(now + hour);
  });

  test("never overflow, even after years of them", () => {
    let failure = failedAgain(undefined, cause, 0.5, now);
    for (let index = 1; index < 5000; index += 1) failure = failedAgain(failure, cause, 0.5, now + index);
    expect(failure.count).toBe(5000);
    expect(failure.nextTry - now).toBeGreaterThan(19 * hour);
    expect(failure.nextTry - now).toBeLessThanOrEqual(day + 5000);
  });

  test("noted while the clock was a year ahead stop nothing", () => {
    const ahead = now + 365 * day;
    expect(slotAfter({ ...about, ...failedAgain(undefined, cause, 0, ahead) }, now).allowed).toBe(true);
  });
});

describe("what is stored of a failure", () => {
  const failure: Failure = { ...about, ...failedAgain(undefined, cause, 0, now) };
  const read = (store: ReturnType<typeof memoryStore>, { certificate, directoryUrl: url } = about, at = now) =>
    readFailure(store, certificate, url, at);

  test("is that certificate's at that CA, whatever it is called, until it is forgotten", async () => {
    const store = memoryStore();
    for (const certificate of ["a.example.com", "constructor", "__proto__", "*.example.com"]) {
      expect(await read(store, { ...about, certificate })).toBeUndefined();
      await saveFailure(store, { ...failure, certificate });
      expect(await read(store, { ...about, certificate })).toEqual({ ...failure, certificate });
    }
    expect(await read(store, { ...about, directoryUrl: "https://other.example/directory" })).toBeUndefined();
    await removeFailure(store, about.certificate, directoryUrl);
    expect(await read(store)).toBeUndefined();
    await saveFailure(store, failure);
    await removeFailures(store, about.certificate);
    expect(await read(store)).toBeUndefined();
    expect(await read(store, { ...about, certificate: "constructor" })).toBeDefined();
  });

  test("is forgotten after 90 days, and where it is damaged", async () => {
    const store = memoryStore();
    await saveFailure(store, failure);
    expect(await read(store, about, now + 90 * day - 1)).toBeDefined();
    expect(await read(store, about, now + 90 * day)).toBeUndefined();
    const [file] = await store.list("failures/a.example.com");
    await store.write(`failures/a.example.com/${file}`, Buffer.from('{"format":1,'));
    expect(await read(store)).toBeUndefined();
  });
});
