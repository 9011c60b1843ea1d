import { expect, test } from "vitest";
import { ProviderError } from "./errors.ts";
import { createMasker } from "./mask.ts";
import { type SdkFailure, type SdkWorld, sdkCalls } from "./sdk-calls.ts";

class VendorError extends Error {
  readonly failure: SdkFailure;
  constructor(failure: SdkFailure) {
    super("vendor");
    this.failure = failure;
  }
}

function setUp(signal = new AbortController().signal) {
  const slept: number[] = [];
  const world: SdkWorld = {
    provider: "vendor",
    name: "Vendor",
    permissions: "Enough.",
    options: {},
    mask: createMasker(["hidden-secret"]),
    signal,
    sleep: async (milliseconds) => void slept.push(milliseconds),
    now: () => 0,
    random: () => 0.5,
  };
  const calls = sdkCalls(world, (error) => (error instanceof VendorError ? error.failure : undefined));
  return { calls, slept };
}

/** Fails with these in turn, then succeeds. */
function failing(...errors: unknown[]) {
  let made = 0;
  return Object.assign(
    async () => {
      const error = errors[made];
      made += 1;
      if (error !== undefined) throw error;
      return "done";
    },
    { made: () => made },
  );
}

const caught = (promise: Promise<unknown>) =>
  promise.then(
    () => undefined,
    (error: unknown) => error,
  );

test("waits as long as a 429 asks, then goes on, for changes too", async () => {
  const { calls, slept } = setUp();
  const work = failing(new VendorError({ status: 429, message: "slow down", retryAfter: "17" }));
  expect(await calls.write(work)).toBe("done");
  expect(slept).toEqual([17_000]);
});

test("repeats a question after a 503, and leaves a change to the host", async () => {
  const { calls } = setUp();
  const unavailable = new VendorError({ status: 503, message: "down" });
  expect(await calls.read(failing(unavailable))).toBe("done");
  const change = failing(unavailable);
  expect(await caught(calls.write(change))).toMatchObject({ code: "PROVIDER_UNAVAILABLE", uncertain: true });
  expect(change.made()).toBe(1);
});

test("a vendor's own code wins over the status, with a hint, and secrets are masked", async () => {
  const { calls } = setUp();
  const error = new VendorError({ status: 400, message: "bad key hidden-secret", code: "PROVIDER_AUTH" });
  const seen = await caught(calls.read(failing(error, error, error, error)));
  expect(seen).toMatchObject({ code: "PROVIDER_AUTH", status: 400, message: "Vendor answered with 400: bad key ***" });
  expect((seen as ProviderError).hint).toMatch(/credential/);
});

test("no answer is unavailable, and uncertain for a change only", async () => {
  const { calls } = setUp();
  const lost = new VendorError({ message: "socket hang up" });
  expect(await caught(calls.write(failing(lost)))).toMatchObject({ code: "PROVIDER_UNAVAILABLE", uncertain: true });
  expect(await caught(calls.read(failing(lost, lost, lost, lost)))).toMatchObject({ uncertain: false });
});

test("what ctx.fetch threw comes out of the SDK's wrapping", async () => {
  const { calls } = setUp();
  const inner = new ProviderError("PROVIDER_HOST_NOT_DECLARED", "no such host");
  const error = new Error("Connection error.", { cause: inner });
  expect(await caught(calls.read(failing(error)))).toMatchObject({ code: "PROVIDER_HOST_NOT_DECLARED" });
});

test("half a document is a bad answer, and a fault of the code stays one", async () => {
  const { calls } = setUp();
  expect(await caught(calls.write(failing(new SyntaxError("Unexpected end"))))).toMatchObject({
    code: "PROVIDER_BAD_ANSWER",
    uncertain: true,
  });
  expect(await caught(calls.write(failing(new TypeError("x is not a function"))))).toMatchObject({
    code: "PROVIDER_FAILED",
  });
});

test("after the abort nothing is called, and its reason comes out", async () => {
  const { calls } = setUp(AbortSignal.abort(new Error("stopped")));
  const work = failing();
  expect(await caught(calls.write(work))).toMatchObject({ message: "stopped" });
  expect(work.made()).toBe(0);
});
