import type { Masker } from "./mask.ts";
import type { StatusErrorContext } from "./status-error.ts";

/** One request as it may be shown: without query, body and headers, and masked. */
export interface RequestEvent {
  readonly method: string;
  readonly url: string;
  /** 1 for the first try. */
  readonly tries: number;
  readonly milliseconds: number;
  readonly status?: number;
  /** The code of the failure, where it failed. */
  readonly error?: string;
}

/** What the HTTP client of one provider instance stands on. */
export interface HttpWorld extends StatusErrorContext {
  /** Base URL where the client names none. */
  readonly endpoint: string;
  /** Throws for a URL the provider may not call. */
  readonly allow: (url: URL) => void;
  readonly mask: Masker;
  readonly fetch: typeof globalThis.fetch;
  readonly signal: AbortSignal;
  readonly sleep: (milliseconds: number) => Promise<void>;
  readonly now: () => number;
  /** A number in [0, 1). */
  readonly random: () => number;
  /** Milliseconds for one try at most, whatever the provider asks for. */
  readonly timeoutMs?: number;
  readonly onRequest?: (event: RequestEvent) => void;
}
