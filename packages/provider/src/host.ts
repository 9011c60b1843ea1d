import type { ProviderContext, RunResult } from "./context.ts";
import type { RequestEvent } from "./http-world.ts";

/** The outside world as the program gives it to the providers it opens. */
export interface ProviderHost {
  readonly fetch: typeof globalThis.fetch;
  /** Ends every wait and every call of the provider. */
  readonly signal: AbortSignal;
  /** Waits; rejects with the signal's reason at once when it aborts. */
  sleep(milliseconds: number, signal: AbortSignal): Promise<void>;
  /** Milliseconds since 1970. */
  now(): number;
  /** A number in [0, 1). */
  random(): number;
  /** See {@link ProviderContext.run}; left out where no program may be run. */
  run?(argv: readonly [string, ...string[]], options: RunOptions): Promise<RunResult>;
  /** See {@link ProviderContext.ask}; left out where nobody is there. */
  ask?(message: string, signal: AbortSignal): Promise<void>;
  /** Reads a file of at most 1 MiB. */
  readFile(path: string): Promise<string>;
  /** Told of every request, masked. */
  onRequest?(event: ProviderRequest): void;
  /** Milliseconds one try of a request may take at most. Left out: what the provider asks for, or 30 000. */
  readonly timeoutMs?: number;
}

/** How a program is to be run. */
export interface RunOptions {
  /** All of its environment besides what a clean one holds. */
  readonly env: Readonly<Record<string, string>>;
  readonly stdin?: string;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

/** A request of a provider, as it may be shown. */
export interface ProviderRequest extends RequestEvent {
  readonly provider: string;
  readonly instance: string;
}
