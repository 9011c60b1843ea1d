import type { HttpClient, HttpOptions } from "./http.ts";
import type { SdkCalls, SdkFailure } from "./sdk-calls.ts";

/** What a program run by a provider left behind. */
export interface RunResult {
  readonly exitCode: number;
  /** At most 64 KiB each; more is cut. */
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * All a provider may use of the outside world.
 *
 * A provider MUST NOT read `process.env`, files, the clock or the network by any other way; that is what makes it
 * testable, and what keeps one account's secret away from another's.
 */
export interface ProviderContext {
  /** A client for the provider's API: only declared hosts, bounded in time and size, masked in errors and logs. */
  http(options?: HttpOptions): HttpClient;
  /**
   * Runs calls of an SDK with the retries and errors of `http`: `explain` says what the SDK's own error means, or
   * nothing where it is not about a request. The SDK's retries must be off.
   */
  sdk(explain: (error: unknown) => SdkFailure | undefined): SdkCalls;
  /** The `fetch` under `http`, for SDKs that accept one. Same limits; no retries. */
  readonly fetch: typeof globalThis.fetch;
  /** Aborted when the run is; every wait and every call of `http` obeys it already. */
  readonly signal: AbortSignal;
  /** Waits; rejects at once when `signal` aborts. */
  sleep(milliseconds: number): Promise<void>;
  /** Milliseconds since 1970. */
  now(): number;
  /** Runs a program without a shell, with `env` added to a clean environment. Only for providers that are a program's wrapper. */
  run(
    argv: readonly [string, ...string[]],
    options?: { env?: Readonly<Record<string, string>>; stdin?: string; timeoutMs?: number },
  ): Promise<RunResult>;
  /** Shows a person what to do and waits until they say it is done. Fails with `PROVIDER_UNSUPPORTED` where nobody is there. */
  ask(message: string): Promise<void>;
  /** Reads a small file the user named in an option (a key, a service account). At most 1 MiB. */
  readFile(path: string): Promise<string>;
}
