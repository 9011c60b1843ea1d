import type { CredentialSource, S3Credentials } from "./credentials.ts";

/** Milliseconds before their end from which others are fetched, while these are still used. */
const fetchBefore = 5 * 60_000;
/** And from which they are not used any more: a request takes its time, and no two clocks agree. */
const unusableBefore = 60_000;
/** Between two tries, whatever the credentials say. */
const leastPause = 30_000;

interface Kept {
  readonly credentials: S3Credentials;
  /** When others are fetched. */
  readonly fetchAt: number;
}

/**
 * Keeps credentials until shortly before they end, and fetches others while they still work, so that no request waits for
 * it. A fetch that fails meanwhile is tried again; many who ask at once share one.
 */
export function keepCredentials(load: () => Promise<S3Credentials>, now: () => number): CredentialSource {
  let kept: Kept | undefined;
  let loading: Promise<S3Credentials> | undefined;

  const fetchOthers = async (): Promise<S3Credentials> => {
    if (kept !== undefined) kept = { ...kept, fetchAt: now() + leastPause };
    const credentials = await load();
    const { expires = Number.POSITIVE_INFINITY } = credentials;
    kept = { credentials, fetchAt: Math.max(expires - fetchBefore, now() + leastPause) };
    return credentials;
  };
  const shared = (): Promise<S3Credentials> => {
    loading ??= fetchOthers().finally(() => {
      loading = undefined;
    });
    return loading;
  };

  return async (refused) => {
    if (kept === undefined || kept.credentials === refused) return await shared();
    const { credentials, fetchAt } = kept;
    const usable = now() < (credentials.expires ?? Number.POSITIVE_INFINITY) - unusableBefore;
    if (now() >= fetchAt) {
      const others = shared();
      if (!usable) return await others;
      others.catch(() => {});
    }
    return credentials;
  };
}
