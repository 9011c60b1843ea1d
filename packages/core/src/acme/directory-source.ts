import { type Directory, parseDirectory } from "./directory.ts";
import { shareCall } from "./shared-call.ts";

/** A directory as it is kept between runs. */
export interface CachedDirectory {
  /** Milliseconds since the epoch. */
  readonly fetchedAt: number;
  /** The JSON object as the CA sent it; parsed as strictly as if it came from the CA. */
  readonly document: unknown;
}

/** Where directories are kept between runs. A copy that cannot be read or written only costs a request. */
export interface DirectoryCache {
  read(url: string): Promise<CachedDirectory | undefined>;
  write(url: string, entry: CachedDirectory): Promise<void>;
}

/** What {@link createDirectorySource} needs. */
export interface DirectorySourceOptions {
  readonly url: string;
  /** Fetches and decodes the JSON at the directory URL. */
  readonly fetch: (signal: AbortSignal) => Promise<unknown>;
  readonly now: () => number;
  readonly cache?: DirectoryCache;
  /** Seconds a cached directory counts as fresh. */
  readonly maxAge: number;
}

/** The directory of one CA, fetched at most once at a time. */
export interface DirectorySource {
  get(signal?: AbortSignal): Promise<Directory>;
  /** Fetches again if what {@link get} gave came from the cache, else gives the same. */
  refetchIfCached(signal?: AbortSignal): Promise<Directory>;
}

/** Opens the directory of one CA. Where a stale copy is all there is, because the CA fails, it is used. */
export function createDirectorySource(options: DirectorySourceOptions): DirectorySource {
  const { url, cache, now } = options;
  let current: Directory | undefined;
  let cached = false;

  const fetchFresh = async (signal: AbortSignal): Promise<Directory> => {
    const document = await options.fetch(signal);
    const directory = parseDirectory(document, url);
    await cache?.write(url, { fetchedAt: now(), document }).catch(ignore);
    cached = false;
    current = directory;
    return directory;
  };
  const load = async (signal: AbortSignal): Promise<Directory> => {
    const kept = await readCache(options);
    const age = kept === undefined ? undefined : (now() - kept.fetchedAt) / 1000;
    if (kept !== undefined && age !== undefined && age >= 0 && age < options.maxAge) {
      cached = true;
      current = kept.directory;
      return kept.directory;
    }
    try {
      return await fetchFresh(signal);
    } catch (error) {
      if (kept === undefined || signal.aborted) throw error;
      current = kept.directory;
      return kept.directory;
    }
  };
  const loadOnce = shareCall(load);
  const fetchOnce = shareCall(fetchFresh);
  return {
    get: async (signal) => current ?? (await loadOnce(signal)),
    refetchIfCached: async (signal) => (cached || current === undefined ? await fetchOnce(signal) : current),
  };
}

async function readCache({
  url,
  cache,
}: DirectorySourceOptions): Promise<{ fetchedAt: number; directory: Directory } | undefined> {
  try {
    const entry = await cache?.read(url);
    if (entry === undefined || typeof entry.fetchedAt !== "number") return undefined;
    return { fetchedAt: entry.fetchedAt, directory: parseDirectory(entry.document, url) };
  } catch {
    // A damaged copy is worth no more than none.
    return undefined;
  }
}

// A cache that cannot be written must not stop an issuance.
function ignore(): void {}
