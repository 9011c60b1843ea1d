import { CertwrightError } from "@certwright/provider";
import { expect, test } from "vitest";
import { ChallengeError } from "./challenge-error.ts";

const refused = new CertwrightError("PROVIDER_AUTH", "the API does not know the token", { hint: "Make a new one." });

function failure(value: string, change: { error?: Error; refusedByCa?: boolean; solver?: string } = {}) {
  const how = { challenge: "dns-01", solver: "dns-01 (work)", refusedByCa: false, error: refused } as const;
  return { identifier: { type: "dns", value }, wildcard: false, ...how, ...change } as const;
}

test("one reason for all names gives the error its code and its hint; names that failed alike are told once", () => {
  expect(new ChallengeError([failure("a.test")])).toMatchObject({
    code: "PROVIDER_AUTH",
    message: "could not prove a.test by dns-01 (work): the API does not know the token",
    hint: "Make a new one.",
  });
  const many = new ChallengeError(Array.from({ length: 100 }, (_, index) => failure(`${index}.test`)));
  expect(many).toMatchObject({
    code: "PROVIDER_AUTH",
    message:
      "could not prove 0.test, 1.test, 2.test, 3.test, 4.test and 95 more by dns-01 (work): the API does not know the token",
  });
  expect(many.failures).toHaveLength(100);
});

test("where the CA refused, or names failed for several reasons, they could not be proved", () => {
  const byCa = failure("a.test", { refusedByCa: true });
  expect(new ChallengeError([byCa])).toMatchObject({ code: "CHALLENGE_FAILED", hint: "Make a new one." });
  const other = failure("b.test", { error: new Error("odd"), solver: "http-01" });
  expect(new ChallengeError([failure("a.test"), other])).toMatchObject({
    code: "CHALLENGE_FAILED",
    message:
      "could not prove 2 names: a.test by dns-01 (work): the API does not know the token; b.test by http-01: odd",
  });
  expect(new ChallengeError([other])).toMatchObject({ code: "CHALLENGE_FAILED" });
});
