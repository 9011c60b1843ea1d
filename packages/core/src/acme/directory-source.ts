import { createSingleFlight } from "@certwright/provider";
import { type Directory, parseDirectory } from "./directory.ts";

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
  /** Fetches again unless what {@link get} gave was fetched in the last minute. */
  refetchIfStale(signal?: AbortSignal): Promise<Directory>;
}

/** A directory in use. */
interface Current {
  readonly directory: Directory;
  /** When to look for another, in milliseconds since the epoch. */
  readonly until: number;
  /** Until then it is taken for the latest even where a URL of it is gone. */
  readonly sureUntil: number;
}

/** Milliseconds. */
const minute = 60_000;
const hour = 60 * minute;

/**
 * Opens the directory of one CA. Where a stale copy is all there is, because the CA fails, it is used. A service lives for
 * months, so what it has is no older than a copy between runs may be.
 */
export function createDirectorySource(options: DirectorySourceOptions): DirectorySource {
  const { url, cache, now } = options;
  const longest = options.maxAge * 1000;
  let current: Current | undefined;

  const fetchFresh = async (signal: AbortSignal): Promise<Directory> => {
    const document = await options.fetch(signal);
    const directory = parseDirectory(document, url);
    await cache?.write(url, { fetchedAt: now(), document }).catch(ignore);
    current = { directory, until: now() + longest, sureUntil: now() + minute };
    return directory;
  };
  const load = async (signal: AbortSignal): Promise<Directory> => {
    const kept = await readCache(options);
    const age = kept === undefined ? -1 : now() - kept.fetchedAt;
    if (kept !== undefined && age >= 0 && age < longest) {
      current = { directory: kept.directory, until: kept.fetchedAt + longest, sureUntil: 0 };
      return kept.directory;
    }
    try {
      return await fetchFresh(signal);
    } catch (error) {
      const directory = current?.directory ?? kept?.directory;
      if (directory === undefined || signal.aborted) throw error;
      current = { directory, until: now() + Math.min(hour, longest), sureUntil: 0 };
      return directory;
    }
  };
  const once = createSingleFlight<Directory>();
  // What lies further ahead than it can was noted by a clock that was ahead.
  const isAhead = (moment = 0, most: number): boolean => moment > now() && moment <= now() + most;
  return {
    get: async (signal) =>
      current !== undefined && isAhead(current.until, longest) ? current.directory : await once("load", signal, load),
    refetchIfStale: async (signal) =>
      current !== undefined && isAhead(current.sureUntil, minute)
        ? current.directory
        : await once("fetch", signal, fetchFresh),
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
