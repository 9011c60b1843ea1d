import { expect, test } from "vitest";
import type { AcmeClient } from "./client.ts";
import { askRenewalInfo, certificateId, clampRetryAfter, parseRenewalInfo } from "./renewal-info.ts";
import { json, problem } from "./testing/fake-ca.ts";
import { failure, setUp } from "./testing/setup.ts";
import type { CertificateInfo } from "./x509.ts";

const certificate = {
  authorityKeyIdentifier: "69885b6b87464041e1b37b847ba0ae2cde01c8d4",
  serial: "87654321",
  notAfter: new Date("2027-01-01T00:00:00Z"),
} as CertificateInfo;
const ask = (client: AcmeClient, signal?: AbortSignal) =>
  askRenewalInfo(client, certificateId(certificate) ?? "", certificate.notAfter, { signal });
const suggestedWindow = { start: "2026-12-01T00:00:00Z", end: "2026-12-02T00:00:00Z" };

test("the id of the RFC's example (RFC 9773 section 4.1)", () => {
  expect(certificateId(certificate)).toBe("aYhba4dGQEHhs3uEe6CuLN4ByNQ.AIdlQyE");
});

test.each([
  ["7F", "fw"],
  ["80", "AIA"],
  ["A", "Cg"],
  ["100", "AQA"],
])("serial %s is %s", (serial, part) => {
  expect(certificateId({ ...certificate, serial })?.split(".")[1]).toBe(part);
});

test.each([{ authorityKeyIdentifier: undefined }, { serial: "-7F" }])("%j has no id", (change) => {
  expect(certificateId({ ...certificate, ...change } as CertificateInfo)).toBeUndefined();
});

test("one unsigned request asks", async () => {
  await using setup = await setUp();
  const { client, fake } = setup;
  fake.ca.renewalInfo = json({ suggestedWindow, explanationURL: "https://ca.example/why", extra: 1 }, 200, {
    "Retry-After": "21600",
  });
  expect(await ask(client)).toEqual({
    window: { start: new Date(suggestedWindow.start), end: new Date(suggestedWindow.end) },
    reason: undefined,
    explanationUrl: "https://ca.example/why",
    retryAfter: 21_600,
  });
  expect(fake.trace()).toEqual(["GET directory", "GET renewalInfo"]);
  expect(fake.requests.at(-1)?.path).toBe("/ari/aYhba4dGQEHhs3uEe6CuLN4ByNQ.AIdlQyE");
});

test.each([
  ["an end before the start", { start: suggestedWindow.end, end: suggestedWindow.start }, /ends before it starts/],
  ["no length", { start: suggestedWindow.start, end: suggestedWindow.start }, /ends before it starts/],
  ["the year 9999", { start: "9999-01-01T00:00:00Z", end: "9999-12-31T00:00:00Z" }, /after the certificate expires/],
  [
    "the day it expires",
    { start: "2027-01-01T00:00:00Z", end: "2027-01-02T00:00:00Z" },
    /after the certificate expires/,
  ],
  ["words", { start: "soon", end: "later" }, /no RFC 3339 date/],
  ["numbers", { start: 1, end: 2 }, /no text "start"/],
  ["no end", { start: suggestedWindow.start }, /no text "end"/],
  ["nothing", undefined, /not an object/],
])("a window of %s is left out with the reason", (_, window, reason) => {
  const info = parseRenewalInfo({ suggestedWindow: window }, 3600, certificate);
  expect(info.window).toBeUndefined();
  expect(info.reason).toMatch(reason);
});

test("a window in the past means now, and stays; so does one that ends after the certificate", () => {
  const past = { start: "2020-01-01T00:00:00Z", end: "2020-01-02T00:00:00+01:00" };
  expect(parseRenewalInfo({ suggestedWindow: past }, 3600, certificate).window?.start).toEqual(new Date(past.start));
  const long = { start: suggestedWindow.start, end: "2030-01-01T00:00:00Z" };
  expect(parseRenewalInfo({ suggestedWindow: long }, 3600, certificate).window).toBeDefined();
});

test("an explanation that is no https page is left out", () => {
  expect(
    parseRenewalInfo({ suggestedWindow, explanationURL: "javascript:alert(1)" }, 3600, certificate).explanationUrl,
  ).toBeUndefined();
});

test.each([
  [undefined, 21_600],
  [0, 3600],
  [59, 3600],
  [7200, 7200],
  [2_592_000, 604_800],
])("Retry-After %s becomes %d", (seconds, clamped) => {
  expect(clampRetryAfter(seconds)).toBe(clamped);
});

test.each([
  ["404", () => problem(404, "malformed", "?"), "does not know this certificate"],
  ["500", () => problem(500, "serverInternal", "oops"), "oops"],
  ["HTML", () => ({ status: 200, headers: { "Content-Type": "text/html" }, body: "<html>" }), "HTML"],
  ["a list", () => json([]), "JSON"],
  ["429", () => problem(429, "rateLimited", "later", { "Retry-After": "999999" }), "later"],
])("a CA that answers %s gives a reason and no error", async (_, reply, words) => {
  await using setup = await setUp();
  setup.fake.faultAlways("renewalInfo", reply);
  const info = await ask(setup.client);
  expect(info.window).toBeUndefined();
  expect(info.reason).toContain(words);
  expect(info.retryAfter).toBeGreaterThanOrEqual(3600);
  expect(info.retryAfter).toBeLessThanOrEqual(604_800);
});

test("a CA without renewal info is not asked", async () => {
  await using setup = await setUp();
  setup.fake.fault("directory", (reply) => {
    const { renewalInfo: _, ...rest } = JSON.parse(reply.body);
    return json(rest);
  });
  expect(await ask(setup.client)).toMatchObject({
    window: undefined,
    reason: "the CA offers no renewal info",
  });
  expect(setup.fake.trace()).toEqual(["GET directory"]);
});

test("the signal is no reason", async () => {
  await using setup = await setUp();
  const signal = AbortSignal.abort(new Error("enough"));
  expect((await failure(ask(setup.client, signal))).message).toBe("enough");
});
