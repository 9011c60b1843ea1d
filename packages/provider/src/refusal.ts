/** What went wrong, for APIs that say so in words or numbers of their own; each means what an HTTP status would. */
export type RefusalKind =
  | "auth"
  | "forbidden"
  | "zoneNotFound"
  | "notFound"
  | "rateLimited"
  | "conflict"
  | "quota"
  | "invalid"
  | "unsupported"
  | "unavailable";

/**
 * A failure told inside an answer, as a client's `check` returns it. It becomes the error, with the hint, that the HTTP
 * status of that kind would have become: `invalid`, `forbidden` and `conflict` are a rate limit or a quota where the words say so.
 */
export interface Refusal {
  readonly kind: RefusalKind;
  /** The API's own words, and its number where it has one; they are masked, and cut where too long. */
  readonly message: string | undefined;
  /** Seconds after which trying again makes sense. Default: what the header `Retry-After` says. */
  readonly retryAfter?: number;
  /** What else to look at with this vendor, as a sentence; it comes after the hint of the kind. */
  readonly hint?: string;
}
