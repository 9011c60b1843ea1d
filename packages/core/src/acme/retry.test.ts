import { expect, test } from "vitest";
import { AcmeNetworkError } from "./network-error.ts";
import { defaultRetryPolicy, pauseBeforeRetry } from "./retry.ts";

test("a CA that stays silent is asked once more, after a pause long enough to be told of", () => {
  const silent = new AcmeNetworkError("ACME_TIMEOUT", "silent", {
    host: "ca.example",
    uncertain: false,
    retryable: true,
  });
  const pause = (failures: number) =>
    pauseBeforeRetry(silent, { failures, badNonces: 0, waited: 0 }, defaultRetryPolicy, 0, true);
  expect([pause(0), pause(1)]).toEqual([1, undefined]);
});
