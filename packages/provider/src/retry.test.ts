import { afterEach, describe, expect, onTestFinished, test, vi } from "vitest";
import { retryAfterSeconds } from "./retry.ts";
import { type Answer, api, client, closeApis, closedPort, cut, json } from "./testing/api.ts";

afterEach(closeApis);

/** For the rest of the test time passes only when told to. */
function stopTime(): void {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  onTestFinished(() => void vi.useRealTimers());
}
/** No answer: half a minute passes once the request has come, however long that took. */
const late: Answer = () => void vi.advanceTimersByTime(30_000);

test.each([
  ["7", 7],
  ["0", 0],
  [" 1.5 ", 2],
  ["Thu, 01 Jan 2026 00:00:30 GMT", 30],
  ["Wed, 31 Dec 2025 00:00:00 GMT", 0],
  ["soon", undefined],
  ["-5", undefined],
  ["1e9", undefined],
  ["", undefined],
  [null, undefined],
])("Retry-After %j is %s seconds", (header, seconds) => {
  expect(retryAfterSeconds(header, Date.UTC(2026, 0, 1))).toBe(seconds);
});

describe("retries", () => {
  test("waits as long as the API asks, in seconds or until a date", async () => {
    const { url } = await api(
      json(429, {}, { "retry-after": "7" }),
      json(429, {}, { "retry-after": new Date(Date.UTC(2026, 0, 1, 0, 0, 17)).toUTCString() }),
      json(200, {}),
    );
    const { http, slept, events } = client(url);
    await http.post("/x", {}, { repeat: false });
    expect(slept).toEqual([7000, 10_000]);
    expect(events.map(({ status, error, tries }) => [status, error, tries])).toEqual([
      [429, "PROVIDER_RATE_LIMITED", 1],
      [429, "PROVIDER_RATE_LIMITED", 2],
      [200, undefined, 3],
    ]);
  });

  test("gives up at once when asked to wait longer than a run can", async () => {
    const { url } = await api(json(429, {}, { "retry-after": "3600" }));
    const { http, slept } = client(url);
    await expect(http.get("/x")).rejects.toMatchObject({
      code: "PROVIDER_RATE_LIMITED",
      retryAfter: 3600,
      retryable: true,
    });
    expect(slept).toEqual([]);
  });

  test("gives up when the waits add up to more than a minute", async () => {
    const { url } = await api(json(429, {}, { "retry-after": "35" }), json(429, {}, { "retry-after": "35" }));
    const { http, slept } = client(url);
    await expect(http.get("/x")).rejects.toMatchObject({ code: "PROVIDER_RATE_LIMITED" });
    expect(slept).toEqual([35_000]);
  });

  test("tries server failures four times, with growing waits", async () => {
    const { url } = await api(json(500, {}), cut, json(503, {}), json(502, {}));
    const { http, slept } = client(url);
    await expect(http.put("/x", {})).rejects.toMatchObject({
      code: "PROVIDER_UNAVAILABLE",
      status: 502,
      uncertain: true,
      retryable: true,
    });
    expect(slept).toEqual([375, 750, 1500]);
  });

  test.each([
    ["500", json(500, {}), "PROVIDER_UNAVAILABLE"],
    ["a cut connection", cut, "PROVIDER_UNAVAILABLE"],
    ["no answer", late, "PROVIDER_TIMEOUT"],
  ])("does not repeat what must not be repeated after %s", async (_name, answer, code) => {
    stopTime();
    const { url } = await api(answer);
    const { http, slept } = client(url);
    await expect(http.post("/x", {}, { repeat: false })).rejects.toMatchObject({ code, uncertain: true });
    expect(slept).toEqual([]);
  });

  test("takes a GET for a change where it says that it must not be repeated", async () => {
    const { url } = await api(json(500, {}));
    const { http, slept } = client(url);
    await expect(http.get("/add", { repeat: false })).rejects.toMatchObject({ uncertain: true });
    expect(slept).toEqual([]);
  });

  test("repeats even that when nothing was sent", async () => {
    const { http, slept } = client(await closedPort());
    await expect(http.post("/x", {}, { repeat: false })).rejects.toMatchObject({
      code: "PROVIDER_UNAVAILABLE",
      uncertain: false,
    });
    expect(slept).toHaveLength(3);
  });

  test("an answer cut short is tried again", async () => {
    const half: Answer = (_request, response) => {
      response.writeHead(200, { "content-length": "100" }).write('{"a":');
      setTimeout(() => response.destroy(), 5);
    };
    const { url } = await api(half, json(200, { a: 1 }), half, half, half, half);
    expect((await client(url).http.get("/x")).number("a")).toBe(1);
    await expect(client(url).http.post("/x", {})).rejects.toMatchObject({
      code: "PROVIDER_BAD_ANSWER",
      uncertain: true,
    });
  });

  test("the host's limit of time for one try wins", async () => {
    stopTime();
    const { url } = await api(late, late, late, late);
    await expect(client(url, { timeoutMs: 60_000 }, { timeoutMs: 30_000 }).http.get("/x")).rejects.toMatchObject({
      code: "PROVIDER_TIMEOUT",
      uncertain: false,
    });
  });

  test("time spent on tries counts too: the call ends within three minutes", async () => {
    const { url } = await api(json(500, {}));
    let now = 0;
    const { http } = client(url, {}, { now: () => (now += 100_000) });
    await expect(http.get("/x")).rejects.toMatchObject({ code: "PROVIDER_UNAVAILABLE" });
  });

  test("aborting ends a call with the reason given", async () => {
    const abort = new AbortController();
    const { url } = await api(() => abort.abort(new Error("enough")));
    await expect(client(url, {}, { signal: abort.signal }).http.get("/x")).rejects.toThrow("enough");
    await expect(client(url, {}, { signal: abort.signal }).http.get("/x")).rejects.toThrow("enough");
  });
});
