import type { Refusal } from "./refusal.ts";
import type { Reply } from "./reply.ts";

/** How the client of one API is set up. */
export interface HttpOptions {
  /** Default: the option `endpoint`. Paths are appended to it; build them with the tag `path`, which encodes values. */
  readonly baseUrl?: string;
  /** Sent with every request. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Adds `Authorization: Basic`. */
  readonly basic?: { readonly user: string; readonly password: string };
  /**
   * Adds `Authorization: Bearer`. A function is asked before every request, so that it can log in when needed; after a
   * 401 it is asked once more with `renew` true. See `clientCredentials` for OAuth 2.
   */
  readonly bearer?: string | ((renew: boolean) => string | Promise<string>);
  /** Added to every request's query. */
  readonly query?: Query;
  /** How bodies are sent: `json` (default), `form`, `xml`. For the last two a string is sent as it is. */
  readonly send?: "json" | "form" | "xml";
  /** How answers are read. Default: by content type, `json` when in doubt; `text` never fails to parse. */
  readonly read?: "json" | "xml" | "text";
  /** Last change to a request before it leaves: signatures. Called again for every retry. */
  readonly sign?: (request: OutgoingRequest) => OutgoingRequest | Promise<OutgoingRequest>;
  /**
   * For APIs that answer 200 with an error inside: return a {@link Refusal} (or throw a ProviderError) for a bad answer,
   * nothing for a good one.
   * Also called for answers with an error status, before the status itself is turned into an error, but not for those
   * that `absent` or `accept` make good. A `PROVIDER_RATE_LIMITED` or `PROVIDER_UNAVAILABLE` from here is retried.
   */
  readonly check?: (
    reply: Reply,
    response: { readonly status: number; readonly headers: Headers },
    // biome-ignore lint/suspicious/noConfusingVoidType: a check may simply end
  ) => Refusal | Error | void;
  /** Secrets that are not option values (session tokens): masked like them. */
  readonly mask?: readonly string[];
  /** Milliseconds for one try. Default 30 000. */
  readonly timeoutMs?: number;
}

export type Query = Readonly<Record<string, string | number | boolean | undefined>>;

/** A request as `sign` sees it. */
export interface OutgoingRequest {
  readonly method: string;
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | undefined;
}

/** What one call may change. */
export interface CallOptions {
  readonly query?: Query;
  readonly headers?: Readonly<Record<string, string>>;
  readonly send?: "json" | "form" | "xml";
  readonly read?: "json" | "xml" | "text";
  /** What to answer instead of failing with `PROVIDER_NOT_FOUND` on 404; null where the answer is not looked at. */
  readonly absent?: unknown;
  /** Statuses that count as success besides 2xx (a 409 for "already there"). */
  readonly accept?: readonly number[];
  /**
   * Whether the call may be sent again after a failure that may have reached the server. Default: true; every
   * operation of a provider is harmless to repeat. Set false where a repeat would make a duplicate, also for a GET.
   */
  readonly repeat?: boolean;
}

/** A small client for JSON, form and XML APIs. Every method answers a {@link Reply}, never raw data. */
export interface HttpClient {
  get(path: string, options?: CallOptions): Promise<Reply>;
  post(path: string, body?: unknown, options?: CallOptions): Promise<Reply>;
  put(path: string, body?: unknown, options?: CallOptions): Promise<Reply>;
  patch(path: string, body?: unknown, options?: CallOptions): Promise<Reply>;
  delete(path: string, options?: CallOptions & { readonly body?: unknown }): Promise<Reply>;
  /** Any method; the answer with its status and headers. */
  request(
    method: string,
    path: string,
    options?: CallOptions & { readonly body?: unknown },
  ): Promise<{ readonly status: number; readonly headers: Headers; readonly reply: Reply }>;
  /**
   * Follows paging and yields the items of every page, at most 1 000 pages.
   * `items` picks a page's items out of its answer; `next` says where the next page is: a path (appended to the base URL) or a whole URL, a changed query, or nothing at the end.
   */
  pages(
    path: string,
    options: CallOptions & {
      readonly items: (reply: Reply) => readonly Reply[];
      readonly next: (page: PageState) => string | Query | undefined;
    },
  ): AsyncIterable<Reply>;
}

/** What `next` decides from. */
export interface PageState {
  readonly reply: Reply;
  readonly headers: Headers;
  /** 1 for the first page. */
  readonly page: number;
  /** How many items this page had. */
  readonly count: number;
  /** The URL of `Link: <...>; rel="next"`, where the answer had one. */
  readonly link: string | undefined;
}
