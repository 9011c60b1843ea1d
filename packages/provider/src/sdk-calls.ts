import type { ProviderContext } from "./context.ts";
import { isCertwrightError, ProviderError, type ProviderErrorCode } from "./errors.ts";
import { type Masker, printable } from "./mask.ts";
import { retryAfterSeconds, waitBeforeRetry } from "./retry.ts";
import { sealError } from "./seal.ts";
import { hintOf, type StatusErrorContext, statusError } from "./status-error.ts";

/** What an SDK's error says of the request behind it. */
export interface SdkFailure {
  /** HTTP status of the answer; left out where there was none. */
  readonly status?: number | undefined;
  /** The API's own words. */
  readonly message: string;
  /** The answer's `Retry-After`. */
  readonly retryAfter?: string | null | undefined;
  /** What it means, where the vendor's own error code says more than the status. */
  readonly code?: ProviderErrorCode | undefined;
}

/** Calls of an SDK, with the retries and the errors of `ctx.http`. */
export interface SdkCalls {
  /** Runs calls that change nothing; repeated after any failure that can pass. */
  read<T>(work: () => Promise<T>): Promise<T>;
  /** Runs one call that changes something; repeated only where it was certainly not carried out. */
  write<T>(work: () => Promise<T>): Promise<T>;
}

/** What the calls stand on. */
export interface SdkWorld extends StatusErrorContext, Pick<ProviderContext, "signal" | "sleep" | "now"> {
  readonly mask: Masker;
  /** A number in [0, 1). */
  readonly random: () => number;
}

/** Makes the calls a provider gets from `ctx.sdk(explain)`. */
export function sdkCalls(world: SdkWorld, explain: (error: unknown) => SdkFailure | undefined): SdkCalls {
  const run = async <T>(work: () => Promise<T>, changes: boolean): Promise<T> => {
    let waited = 0;
    for (let tries = 1; ; tries++) {
      world.signal.throwIfAborted();
      try {
        return await work();
      } catch (thrown) {
        if (world.signal.aborted) throw world.signal.reason;
        const error = sealError(errorOf(thrown, changes, world, explain), world);
        const wait = waitBeforeRetry(error, { tries, waited, repeat: !changes, random: world.random() });
        if (wait === undefined) throw error;
        waited += wait;
        await world.sleep(wait);
      }
    }
  };
  return { read: (work) => run(work, false), write: (work) => run(work, true) };
}

function errorOf(
  thrown: unknown,
  changes: boolean,
  world: SdkWorld,
  explain: (error: unknown) => SdkFailure | undefined,
): unknown {
  const own = ownError(thrown);
  if (own !== undefined) return own.uncertain && !changes ? withoutDoubt(own) : own;
  const failure = explain(thrown);
  if (failure?.status === undefined && failure?.code === undefined)
    return thrown instanceof SyntaxError
      ? notReadable(thrown, changes, world)
      : unanswered(thrown, failure, changes, world);
  const { code, status, message, retryAfter = null } = failure;
  const words = printable(world.mask(message));
  const seconds = retryAfterSeconds(retryAfter, world.now());
  if (code === undefined) {
    const request = changes ? "a change" : "a question";
    return statusError({ request, status: status ?? 0, retryAfter: seconds, message: words, changes }, world);
  }
  return new ProviderError(code, `${world.name} answered${status === undefined ? "" : ` with ${status}`}: ${words}`, {
    hint: hintOf(code, world),
    ...(status === undefined ? {} : { status }),
    ...(seconds === undefined ? {} : { retryAfter: seconds }),
    uncertain: changes && (code === "PROVIDER_UNAVAILABLE" || code === "PROVIDER_TIMEOUT"),
    cause: thrown,
  });
}

/** The error `ctx.fetch` or the provider itself threw, which SDKs wrap in errors of their own. */
function ownError(thrown: unknown, depth = 0): ProviderError | undefined {
  if (!(thrown instanceof Error) || depth > 4) return undefined;
  if (isCertwrightError(thrown) && "uncertain" in thrown) return thrown as ProviderError;
  return ownError(thrown.cause, depth + 1);
}

function withoutDoubt(error: ProviderError): ProviderError {
  return new ProviderError(error.code as ProviderErrorCode, error.message, {
    ...(error.hint === undefined ? {} : { hint: error.hint }),
    ...(error.status === undefined ? {} : { status: error.status }),
    ...(error.retryAfter === undefined ? {} : { retryAfter: error.retryAfter }),
    retryable: error.retryable,
    uncertain: false,
    cause: error.cause,
  });
}

function notReadable(cause: unknown, changes: boolean, { name }: SdkWorld): ProviderError {
  return new ProviderError("PROVIDER_BAD_ANSWER", `${name} answered with something its SDK cannot read`, {
    hint: "Try again later; if it stays so, check the endpoint and what stands in front of it.",
    uncertain: changes,
    cause,
  });
}

function unanswered(thrown: unknown, failure: SdkFailure | undefined, changes: boolean, world: SdkWorld): unknown {
  // What the SDK does not call a failed request is a fault of its own or of the provider.
  if (failure === undefined) return thrown;
  return new ProviderError(
    "PROVIDER_UNAVAILABLE",
    `${world.name} cannot be reached: ${printable(world.mask(failure.message))}`,
    {
      hint: "Check the network, then try again.",
      retryable: true,
      uncertain: changes,
      cause: thrown,
    },
  );
}
