import type { CredentialSource } from "./credentials/credentials.ts";

/** One bucket, and how to get at it. */
export interface S3Options {
  /** `https://s3.eu-central-1.amazonaws.com`, or the address of any service that speaks its language. */
  readonly endpoint: string;
  readonly region: string;
  readonly bucket: string;
  /** In front of every key, without a slash at its end. Default: none. */
  readonly prefix?: string;
  /** Asked for each request; those that last are a function that gives them. */
  readonly credentials: CredentialSource;
  readonly fetch: typeof globalThis.fetch;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** In [0, 1). */
  readonly random: () => number;
  /** Milliseconds one request may take. Default 15 000. */
  readonly timeoutMs?: number;
  /** Milliseconds before the second try; they double from try to try. Default 200. */
  readonly retryMs?: number;
}

/** A key or folder as the service knows it. */
export function withPrefix({ prefix }: Pick<S3Options, "prefix">, key: string): string {
  return [prefix, key].filter((part) => part !== undefined && part !== "").join("/");
}

/** The store's own objects; a leading dot keeps them out of the grammar of keys, and they are not listed. */
export const ownFolder = ".certwright";
