import { expect, test } from "vitest";
import { networkError } from "./network-error.ts";

const withCode = (code: string): Error => Object.assign(new Error("connect failed to 192.0.2.1"), { code });

test.each([
  ["ENOTFOUND", "ACME_UNREACHABLE", false],
  ["EAI_AGAIN", "ACME_UNREACHABLE", true],
  ["EHOSTUNREACH", "ACME_UNREACHABLE", true],
  ["ETIMEDOUT", "ACME_UNREACHABLE", true],
  ["ESOMETHING", "ACME_UNREACHABLE", true],
  ["CERT_HAS_EXPIRED", "ACME_TLS_UNTRUSTED", false],
  ["UNABLE_TO_GET_ISSUER_CERT_LOCALLY", "ACME_TLS_UNTRUSTED", false],
])("%s is %s", (code, expected, retryable) => {
  const error = networkError(withCode(code), "ca.example", true);
  expect(error).toMatchObject({ code: expected, retryable, host: "ca.example" });
  expect(error.hint).toMatch(/\.$/);
  if (expected === "ACME_UNREACHABLE") expect(error.message).toContain(code);
});

test("what failed at several addresses is told by the first", () => {
  const error = new AggregateError([withCode("ECONNREFUSED"), withCode("ENETUNREACH")]);
  expect(networkError(error, "ca.example", false).message).toContain("ECONNREFUSED");
});

test.each(["CERT_HAS_EXPIRED", "CERT_NOT_YET_VALID"])("%s names this machine's clock first", (code) => {
  const error = networkError(Object.assign(new Error("x"), { code }), "ca.example", false);
  expect(error).toMatchObject({
    code: "ACME_TLS_UNTRUSTED",
    retryable: false,
    hint: expect.stringMatching(/^Check this machine's clock first/),
  });
});
